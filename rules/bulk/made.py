"""Which runs of a bulk were made of a member: so that a claim of what waits no longer is told from one of what never was (spec 2.6).

Of the newest and the 63 periods before it, a bit each; of older ones it is no longer known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rules.bulk.compiled import CompiledBulk
from rules.bulk.schedule import Cycle, Schedule
from rules.state import Member

_BITS = 64
_ALL = (1 << _BITS) - 1
# What follows on a period's name in that of its first day.
_FIRST_DAY: dict[Cycle, str] = {"day": "", "week": "-1", "month": "-01"}


def remember(member: Member, first_ref: int, number: int) -> None:
    """The run of the period of that number was made of the member. `first_ref`: of the bulk's first version."""
    made = member.seldom.made_runs
    known = made.get(first_ref)
    if known is None:
        made[first_ref] = (number, 1)
        return
    newest, bits = known
    if number > newest:
        newest, bits = number, bits << min(number - newest, _BITS) & _ALL
    if newest - number < _BITS:
        bits |= 1 << newest - number
    made[first_ref] = (newest, bits)


def forget(member: Member, bulk: CompiledBulk, period: str) -> None:
    """It was not made after all: a limit refused it."""
    number = _number(bulk.schedule.cycle, period)
    newest, bits = member.seldom.made_runs.get(bulk.first_ref, (0, 0))
    if number is not None and 0 <= newest - number < _BITS:
        member.seldom.made_runs[bulk.first_ref] = (newest, bits & ~(1 << newest - number))


def was_made(member: Member, versions: Sequence[CompiledBulk], period: str) -> bool:
    """Whether it was; of what is no longer known it is taken for granted. `versions`: of the bulk, one at least."""
    number = _number(versions[-1].schedule.cycle, period)
    first_ref, made = versions[0].first_ref, member.seldom.made_runs
    newest, bits = made.get(first_ref, (0, 0))
    if number is None or first_ref not in made or number > newest:
        return False
    return newest - number >= _BITS or bits >> newest - number & 1 == 1


def number_of(cycle: Cycle, period: str) -> int:
    """The number of a period that a run is known by, among all."""
    number = _number(cycle, period)
    assert number is not None, f"{period!r} is no period of the cycle {cycle}"
    return number


def _number(cycle: Cycle, period: str) -> int | None:
    """The number of a period among all, by its name; None where there is none of that name."""
    if cycle == "once":
        return 1 if period == "once" else None
    try:
        day = date.fromisoformat(period + _FIRST_DAY[cycle])
    except ValueError:
        return None
    if Schedule(cycle, "UTC").name(day) != period:
        return None
    if cycle == "month":
        return day.year * 12 + day.month
    return day.toordinal() // 7 if cycle == "week" else day.toordinal()
