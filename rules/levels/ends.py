"""The end of a term of what is spent for: lock-in, or judged afresh (spec 3.5)."""

from __future__ import annotations

from rules.levels.kept import LastEnd, Standing, Term
from rules.levels.lock_in import is_locked_in
from rules.levels.standards import Standard
from rules.levels.terms import below, ends_ms, is_better, last_day_after, new_number, prolong, put, spent_for
from rules.rulebook.compiled.program import CompiledProgram


def end(program: CompiledProgram, standard: Standard, standing: Standing) -> None:
    """The last term ends now: at its `ends_ms`."""
    term = standing.terms[-1]
    at_ms = term.ends_ms
    if program.lock_in is not None and is_locked_in(program, term, term.counted):
        lock_in(program, term)
        standing.last_end = None
        return
    level = standard.at_end(program, standing, term)
    renewed = _renewed(program, standard, standing, term, level)
    before = below(standing, at_ms) if len(standing.terms) > 1 else None
    seen = LastEnd(at_ms * 1000, term, None, standing.count, standing.from_us)
    standing.terms.pop()
    if renewed is not None and (before is None or not is_better(program, before.level, before.ends_ms, renewed)):
        renewed.number = new_number(standing)
        put(program, standing, renewed, at_ms)
    elif before is not None:
        before.decided = True
        put(program, standing, before, at_ms)
    else:
        standing.terms.clear()
    seen.left = spent_for(program, standing)
    if program.position(seen.left) < program.position(term.level):
        standard.lowered(standing, seen.at_us)
        standing.last_end = seen
    else:
        standing.last_end = None


def lock_in(program: CompiledProgram, term: Term) -> None:
    """Prolongs a term, which goes on with all that it counted."""
    assert program.lock_in is not None
    prolong(program, term, program.lock_in)
    term.extended = term.decided = True


def _renewed(program: CompiledProgram, standard: Standard, standing: Standing, term: Term, level: str | None) -> Term | None:
    """A new term of the full validity from a term's last day, of that level; None where that has none."""
    if level is None or program.position(level) <= program.position(program.floor):
        return None
    return renewal(program, standard, standing, term, level)


def renewal(program: CompiledProgram, standard: Standard, standing: Standing, term: Term, level: str) -> Term:
    """A level's new term of the full validity from another's last day, which nothing counts in yet; remembered with the count that it was
    judged with.
    """
    assert term.last_day is not None
    last_day = last_day_after(program, term.last_day)
    from_us = term.ends_ms * 1000
    return Term(
        level,
        last_day,
        ends_ms(program, last_day),
        from_us,
        number=term.number,
        gained_at=term.gained_at,
        gained_with=standard.ended_with(program, standing, term),
        stretch_us=from_us,
        decided=True,
    )
