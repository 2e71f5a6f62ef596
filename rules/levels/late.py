"""A document that comes late shows that the last end should have left a higher level: it is given back (spec 3.5)."""

from __future__ import annotations

from rules.levels.ends import lock_in, renewal
from rules.levels.kept import LastEnd, Standing, Term
from rules.levels.lock_in import is_locked_in
from rules.levels.standards import Standard
from rules.levels.terms import copy_of, new_number, put, spent_for, together
from rules.rulebook.compiled.program import CompiledProgram


def give_back(program: CompiledProgram, standard: Standard, standing: Standing, last: LastEnd, now_ms: int) -> bool:
    """Whether a level is given back, now that what came late has been counted; as of the last end, with the term and the count that it
    would have, if that term still runs.
    """
    level = _would_have_left(program, standard, standing, last)
    position = program.position(level)
    if level is None or position <= max(program.position(last.left), program.position(spent_for(program, standing))):
        return False
    term = _would_run(program, standard, standing, last, level)
    if term.ends_ms <= now_ms:
        return False
    term.number = new_number(standing)
    put(program, standing, term, now_ms)
    if level == last.term.level:
        standard.restored(standing, term, last.count + last.after.total, last.from_us)
        standing.last_end = None
    else:
        standard.restored(standing, term, last.after.total, last.at_us)
        last.left = level
    return True


def _would_have_left(program: CompiledProgram, standard: Standard, standing: Standing, last: LastEnd) -> str | None:
    if is_locked_in(program, last.term, last.term.counted):
        return last.term.level
    return standard.at_end(program, standing, last.term)


def _would_run(program: CompiledProgram, standard: Standard, standing: Standing, last: LastEnd, level: str) -> Term:
    ended = last.term
    if is_locked_in(program, ended, ended.counted):
        term = Term(
            ended.level,
            ended.last_day,
            ended.ends_ms,
            ended.from_us,
            number=0,
            gained_at=ended.gained_at,
            gained_with=ended.gained_with,
            stretch_us=ended.stretch_us,
            counted=together(ended.counted, last.after),
        )
        lock_in(program, term)
        return term
    term = renewal(program, standard, standing, ended, level)
    term.counted = copy_of(last.after)
    return term
