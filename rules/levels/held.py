"""The level that a membership holds: the higher of what is spent for and what is paid for (spec 3.4); and until when, by which (spec 6)."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from rules.happened import LevelChange, registered
from rules.levels import history
from rules.levels.calendar import day_after, iso_day
from rules.levels.lock_in import is_locked_in
from rules.levels.paid import paid_for, paid_until
from rules.levels.terms import spent_for
from rules.rulebook.compiled.program import CompiledProgram
from rules.state import Membership


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


def shown(program: CompiledProgram | None, membership: Membership) -> str | None:
    """The level that a membership shows: of a program that is off, none (spec 3.7)."""
    return None if program is None or program.off else membership.level


class Holding(NamedTuple):
    """What holds a level. `until`: its last local day, a lock-in as it is reached so far counted; None: it has no end, or there is no
    level. `by`: the place in `BY`.
    """

    until: int | None
    by: int


# What holds a level: nothing, where none is held.
By = Literal["spending", "payment", "both"]
BY: Final[tuple[By | None, ...]] = (None, "spending", "payment", "both")
_SPENDING, _PAYMENT = 1, 2
# By spending, without an end.
FOR_GOOD: Final = Holding(None, _SPENDING)


def words_of(holding: Holding) -> tuple[str | None, By | None]:
    """`until` as 2011-12-01, and `by` as a word."""
    return None if holding.until is None else iso_day(holding.until), BY[holding.by]


def holding(program: CompiledProgram, membership: Membership, level: str | None) -> Holding:
    """What holds the level that is held; with both, the later day."""
    standing = membership.standing
    days: list[int | None] = []
    by = 0
    if level is not None and spent_for_by(program, membership) == level:
        days.append(_spent_until(program, membership, level))
        by += _SPENDING
    if level is not None and standing is not None and paid_for(program, standing) == level:
        days.append(paid_until(program, standing, level))
        by += _PAYMENT
    return Holding(None if None in days else max((day for day in days if day is not None), default=None), by)


def registered_as_held(program: CompiledProgram | None, member_id: str, membership: Membership, at: str) -> LevelChange:
    """Of who comes back to a program, or brings a level along: he is registered at what he holds now, by what holds it."""
    told = registered(membership.program, member_id, shown(program, membership), at)
    if program is not None and told.level is not None:
        told.until, told.by = words_of(holding(program, membership, told.level))
    return told


def _spent_until(program: CompiledProgram, membership: Membership, level: str) -> int | None:
    standing = membership.standing
    if program.standard is None or standing is None or not standing.terms or standing.terms[-1].level != level:
        return None
    term = standing.terms[-1]
    if term.last_day is not None and program.lock_in is not None and is_locked_in(program, term, term.counted):
        return day_after(term.last_day, program.lock_in)
    return term.last_day
