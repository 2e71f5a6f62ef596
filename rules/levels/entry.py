"""A document's entry in the books of a membership's levels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from rules.local_days import LocalDays
from rules.order_record import IMPORTED_ORDER
from rules.state import Membership
from rules.times import finer_us


class OfKin(NamedTuple):
    """What is known of another id's terms in a program: the first and the last of their numbers, and when each stretch began that was its
    (`rules.levels.since_upgrade`, epoch us).
    """

    first: int
    last: int
    stretches: Sequence[int] = ()


class Entry(Struct, gc=False, frozen=True):
    """What a document counts towards the levels of one program. `time_us`: of the order, where there is one (epoch us). `before`: what it
    counted until now, `now`: what it counts from now on, below 0 where it takes back from no order that is known. `is_new`: it has only
    come. `of_order`: whether it is an order (or points), or what is left of one. `number`: of the newest term when it came, IMPORTED_ORDER
    of one that was imported; of one that is new, it is not looked at. `kin`: of who has several ids, what is known of each of the others.
    `counted_on`: the local day that it counted on, where the program's zone was another then; else 0.
    """

    time_us: int
    before: int
    now: int
    is_new: bool
    of_order: bool
    number: int = 0
    kin: Sequence[OfKin] = ()
    counted_on: int = 0

    @property
    def time_ms(self) -> int:
        """The time, epoch ms."""
        return self.time_us // 1000

    def day(self, days: LocalDays) -> int:
        """The local day that it counts on, whatever the zone is now (spec 1.2). `days`: of the program's zone."""
        return self.counted_on or days.day_of(self.time_us // 1000)


def is_stranger(entry: Entry, number: int) -> bool:
    """Whether an order came under another id than that of a term, before both were one member's: of the day on which the term begins it
    does not count in it (rules/merging).
    """
    return any(
        (first <= entry.number <= last) != (first <= number <= last) and entry.number <= last >= number
        for first, last, _ in entry.kin
    )


def is_strange_to(entry: Entry, from_us: int) -> bool:
    """The same of a stretch that began then (epoch us)."""
    return any(
        (first <= entry.number <= last) != (from_us in stretches) and entry.number <= last for first, last, stretches in entry.kin
    )


def new_order(time_us: int, counted: int) -> Entry:
    """Of an order, or points, that have only come."""
    return Entry(time_us, 0, counted, is_new=True, of_order=True)


def without_order(time_us: int, counted: int) -> Entry:
    """Of what takes back so much, of no order that is known."""
    return Entry(time_us, 0, -counted, is_new=True, of_order=False)


def epoch_us(time_ms: int, time: datetime) -> int:
    """Epoch us of a time whose epoch ms are known."""
    return time_ms * 1000 + finer_us(time)


def terms_with(terms: Sequence[int], time_us: int, programs: int, number: int) -> Sequence[int]:
    """`OrderRecord.terms`, with the last of so many programs added to those before it."""
    return [time_us, *terms[1:], *([0] * (programs - max(1, len(terms)))), number]


def number_of(membership: Membership, *, imported: bool) -> int:
    """What of a membership an order's record is to tell of when it came, see `OrderRecord.terms`."""
    if imported:
        return IMPORTED_ORDER
    return 0 if membership.standing is None else membership.standing.number


class Reached(Struct, gc=False, frozen=True):
    """A level that was reached. `from_day`: after which its term is counted; `gained_at`, `gained_with`: see `rules.levels.kept.Term`."""

    level: str
    from_day: int
    gained_at: int
    gained_with: int
