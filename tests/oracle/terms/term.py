"""A term of a level, what may count in it, and what a member has of a program at one time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

EVER = -(10**18)
# From where on something counts: a time, whether what is timed at it does, and (by identity) the strangers, of whom whole days do.
Mark = tuple[int, bool, frozenset[int]]
EVERYTHING: Mark = (EVER, True, frozenset())


@dataclass
class Entry:
    """What may count: an order (its lines' worth now), or what was given back without one (below 0); `day`: its local day when it came."""

    at: int
    counted: int
    is_order: bool
    imported: bool
    day: date


@dataclass
class Term:
    """Of a level spent for (its place in the ladder). Its documents are timed after `after` (`at_it`: or at it) and before its end.

    `gained_by`: each: the time of the order; period: the window's last day. `gained_on`: each: the day of that order, where only this is
    known by now. `mark_before`: since_upgrade: from where on it was counted. `strangers`: entries of another id that became this member's:
    of them, whole days count.
    """

    level: int
    after: int
    at_it: bool
    last: date | None
    gained_by: Any = None
    gained_on: date | None = None
    mark_before: Mark = EVERYTHING
    extended: bool = False
    decided: bool = False
    # What it was gained, or renewed, with; and the amounts of levels against which what came before a rule changed them is held by whole
    # days: from which on, and (by identity) what.
    count: int = 0
    by_day: dict[tuple[str, str], tuple[date, frozenset[int]]] = field(default_factory=dict)
    strangers: frozenset[int] = frozenset()

    @property
    def begins(self) -> Mark:
        return self.after, self.at_it, self.strangers


@dataclass
class State:
    terms: list[Term] = field(default_factory=list)  # the last: the level spent for
    mark: Mark = EVERYTHING  # since_upgrade counts from here


@dataclass
class End:
    """The last one that has fired: when, from what, and what it left."""

    at: int
    before: State
    left: int
