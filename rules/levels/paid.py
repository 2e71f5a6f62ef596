"""Levels that are paid for: each has a term of its own, and they run beside each other (spec 3.4)."""

from __future__ import annotations

from rules.levels.calendar import day_after
from rules.levels.kept import PaidTerm, Standing
from rules.levels.terms import ends_ms
from rules.rulebook.compiled.level import CompiledLevel
from rules.rulebook.compiled.program import CompiledProgram


def price_of(program: CompiledProgram, level: CompiledLevel, from_level: str | None) -> int | None:
    """What a level costs whoever holds another, None for none; None where he cannot buy it (spec 3.2)."""
    if program.per_level and from_level is not None and from_level in level.prices:
        return level.prices[from_level]
    return level.price


def pay(program: CompiledProgram, standing: Standing, level: CompiledLevel, day: int, now_ms: int) -> bool:
    """Has a level paid for on a local day. Its term is extended where it reaches that day, also where it is over by now; else it starts
    anew. Whether it was the first time.
    """
    term = standing.paid.get(level.code)
    if level.paid_validity is None or (term is not None and term.last_day is None):
        last_day = None
    else:
        from_day = term.last_day if term is not None and term.last_day is not None and day <= term.last_day else day
        last_day = day_after(from_day, level.paid_validity)
    until_ms = ends_ms(program, last_day)
    standing.paid[level.code] = PaidTerm(last_day, until_ms, until_ms > now_ms)
    return term is None


def paid_for(program: CompiledProgram, standing: Standing | None) -> str | None:
    """The highest level that is paid for now; None where there is none."""
    best: str | None = None
    for code, term in standing.paid.items() if standing is not None else ():
        level = _level_of(program, code) if term.runs else None
        if program.position(level) > program.position(best):
            best = level
    return best


def paid_until(program: CompiledProgram, standing: Standing, level: str) -> int | None:
    """The last day until which a level is paid for that is; None for no end."""
    days = [term.last_day for code, term in standing.paid.items() if term.runs and _level_of(program, code) == level]
    return None if None in days else max(day for day in days if day is not None)


def _level_of(program: CompiledProgram, code: str) -> str | None:
    """What a level that was paid for is: itself, or of one that is disabled the next enabled one below that is paid for (spec 3.5)."""
    for level in reversed(program.ladder[: program.position(code) + 1]):
        if level.enabled and level.paid_for:
            return level.code
    return None


def end(standing: Standing, at_ms: int) -> None:
    """The terms that end then are over."""
    for term in standing.paid.values():
        if term.ends_ms <= at_ms:
            term.runs = False
