"""A level spent for is gained (spec 3.4)."""

from __future__ import annotations

from rules.levels.entry import Entry, Reached
from rules.levels.kept import Standing, Term
from rules.levels.standards import Standard
from rules.levels.terms import ends_ms, last_day_after, new_number, put, spent_for
from rules.rulebook.compiled.program import CompiledProgram


def rise(program: CompiledProgram, standard: Standard, standing: Standing, entry: Entry, now_ms: int) -> bool:
    """A document that has been counted gains the level that is reached, if that is above the one spent for and its term still runs; whether
    it does.
    """
    if standard.most(standing, entry) < program.least_above.get(spent_for(program, standing), 0):
        return False
    return gain_reached(program, standard, standing, standard.reached(program, standing, entry, now_ms), entry, now_ms)


def rise_by_rule(program: CompiledProgram, standard: Standard, standing: Standing, now_ms: int) -> None:
    """What is kept of the past gains the level that it reaches by a changed rule, likewise (spec 3.6)."""
    gain_reached(program, standard, standing, standard.reached_afresh(program, standing, now_ms), None, now_ms)


def gain_reached(
    program: CompiledProgram, standard: Standard, standing: Standing, reached: Reached | None, entry: Entry | None, now_ms: int
) -> bool:
    """A level that was reached is gained, where that is above the one spent for and its term still runs; whether it is."""
    if reached is None or program.position(reached.level) <= program.position(spent_for(program, standing)):
        return False
    last_day = last_day_after(program, reached.from_day)
    until_ms = ends_ms(program, last_day)
    if until_ms <= now_ms:
        return False
    term = Term(
        reached.level,
        last_day,
        until_ms,
        # What comes later and is timed before the newest document is in no term.
        from_us=standing.newest_us + 1,
        number=new_number(standing),
        gained_at=reached.gained_at,
        gained_with=reached.gained_with,
    )
    standard.rose(program, standing, term, entry)
    put(program, standing, term, now_ms)
    return True
