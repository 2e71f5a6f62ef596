"""Gifts that wait: to be released, or to be claimed (spec 2.6). As they stand in a member's record, under what changes seldom.

Grants of one version that came of one order, or run, are kept together while they wait for the same: ordinals `first` to `last`. A grant
without an ordinal has a `label`, what follows activity and member in its id, and 0 for both.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

# When a gift is due whose ground does not stand: far from now, and no time (spec 2.6). What carries it again says when it is.
HELD_MS = 2**62
# The ref of a stand-in for gifts that are put by in a record of their own (tables/member/put_by.py): of no version.
PUT_BY = -1


class Unreleased(Struct, array_like=True, gc=False):
    """Those gifts of grants that are released at a full hour, or (`daily`) at midnight. `due_ms`: when it is next looked whether their
    ground stands. `ref`: the version of the grant, or PUT_BY. `of`: whose it was when it was made; "": his who has it.
    """

    due_ms: int
    ref: int
    daily: bool
    first: int = 0
    last: int = 0
    label: str = ""
    of: str = ""

    @property
    def next_ms(self) -> int:
        """When something of it is next due."""
        return self.due_ms

    @property
    def number(self) -> int:
        """Of a stand-in, that of its record; 0 of others."""
        return self.first if self.ref == PUT_BY else 0

    @staticmethod
    def stand_in(number: int, some: Sequence[Unreleased]) -> Unreleased:
        """For these, in the record of that number."""
        return Unreleased(min([each.due_ms for each in some]), PUT_BY, False, number)


class Claimable(Struct, array_like=True, gc=False):
    """Gifts of grants, by their places, that were released then (epoch microseconds) and not claimed; remembered until `until_ms`. `ref`,
    `of`: see Unreleased.
    """

    until_ms: int
    ref: int
    released_us: int
    places: list[int]
    first: int = 0
    last: int = 0
    label: str = ""
    of: str = ""

    @property
    def next_ms(self) -> int:
        """When something of it is next due."""
        return self.until_ms

    @property
    def number(self) -> int:
        """Of a stand-in, that of its record; 0 of others."""
        return self.first if self.ref == PUT_BY else 0

    @staticmethod
    def stand_in(number: int, some: Sequence[Claimable]) -> Claimable:
        """For these, in the record of that number."""
        return Claimable(min([each.until_ms for each in some]), PUT_BY, 0, [], number)


Waiting = Unreleased | Claimable


def labels(waits: Waiting, first: int, last: int) -> list[str]:
    """What follows activity and member in the ids of these of its grants."""
    return [waits.label] if waits.label else [str(ordinal) for ordinal in range(first, last + 1)]


def has(waits: Waiting, label: str, ordinal: int) -> bool:
    """Whether a grant is among these; `ordinal`: of a label that is one, else 0."""
    return waits.label == label if waits.label else waits.first <= ordinal <= waits.last
