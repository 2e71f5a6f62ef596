"""The level that a membership holds: the higher of what is spent for and what is paid for (spec 3.4); and until when, by which (spec 6)."""

from __future__ import annotations

from msgspec import Struct

from rules.levels import history
from rules.levels.calendar import day_after, iso_day
from rules.levels.lock_in import is_locked_in
from rules.levels.paid import paid_for
from rules.levels.terms import spent_for
from rules.rulebook.compiled import CompiledProgram
from rules.state import Membership
from rules.times import at_utc


def spent_for_by(program: CompiledProgram, membership: Membership) -> str | None:
    """The level spent for, by the program's standard."""
    return history.level(program, membership) if program.standard is None else spent_for(program, membership.standing)


def held(program: CompiledProgram, membership: Membership) -> str | None:
    """The level that is held, None for none."""
    spent = spent_for_by(program, membership)
    standing = membership.standing
    if standing is None or not standing.paid:
        return spent
    paid = paid_for(program, standing)
    return paid if program.position(paid) > program.position(spent) else spent


class Shown(Struct, frozen=True):
    """A membership as it is told. `until`: the last local day of what holds the level, 2011-12-01; None: no end, or no level. `by`: whether
    that is spending, payment or both; None of no level.
    """

    level: str | None
    since: str | None
    until: str | None
    by: str | None


def shown(program: CompiledProgram, membership: Membership) -> Shown:
    """What is told of a membership, by the version of its program that holds (spec 6). A program that is off shows no levels (spec 3.7)."""
    if program.off:
        return Shown(None, None, None, None)
    level, standing = membership.level, membership.standing
    if level is None:
        return Shown(None, None, None, None)
    since = at_utc(membership.level_since_ms)
    days: list[int | None] = []
    by: list[str] = []
    if spent_for_by(program, membership) == level:
        days.append(_spent_until(program, membership))
        by.append("spending")
    if standing is not None and paid_for(program, standing) == level:
        days.append(standing.paid[level].last_day)
        by.append("payment")
    last_day = None if None in days or not days else max(day for day in days if day is not None)
    return Shown(level, since, None if last_day is None else iso_day(last_day), "both" if len(by) > 1 else "".join(by) or None)


def _spent_until(program: CompiledProgram, membership: Membership) -> int | None:
    standing = membership.standing
    if program.standard is None or standing is None or not standing.terms or standing.terms[-1].level != membership.level:
        return None
    term = standing.terms[-1]
    if term.last_day is not None and program.lock_in is not None and is_locked_in(program, term, term.counted):
        return day_after(term.last_day, program.lock_in)
    return term.last_day
