"""In which activities the orders of a turn count, summed: orders that count in the same ones together (spec 2.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

from rules.figures.additions import Performance
from rules.rulebook.candidates import Candidates
from rules.rulebook.compiled.activity import CompiledActivity
from rules.state import Member

Sums = TypeVar("Sums")
# Sku, pieces and amount in turn (rules/documents/lines.py).
Items = Sequence[str | int]
# What an order counts in, in the order in which they are found.
Activities = tuple[CompiledActivity, ...]
# What orders that count in the same activities have alike.
Key = Candidates | tuple[object, ...]


class Alike:
    """Orders that count in the same activities: how many, their amounts, and refunded; and `members` who are counted in all of them for the
    first time. `whole`: of these activities, those in which all of an order counts; `scoped`: the others, each with the amount and refunded
    of what is in scope. `none_granted`: as `Member.granted` says of who was counted in all of them.
    """

    __slots__ = ("amount", "members", "none_granted", "orders", "refunded", "scoped", "whole")

    def __init__(self, whole: Activities, scoped: Activities) -> None:
        self.orders = self.amount = self.refunded = self.members = 0
        self.whole = whole
        self.scoped = [(activity, [0, 0]) for activity in scoped]
        self.none_granted = {activity.first_ref: 0 for activity in (*whole, *scoped)}

    def copied(self) -> Alike:
        """The same, apart."""
        copy = Alike((), ())
        copy.orders, copy.amount, copy.refunded, copy.members = self.orders, self.amount, self.refunded, self.members
        copy.scoped = [(activity, list(amounts)) for activity, amounts in self.scoped]
        copy.whole, copy.none_granted = self.whole, self.none_granted
        return copy

    def activities(self) -> Iterable[CompiledActivity]:
        """All of them."""
        return chain(self.whole, [activity for activity, _ in self.scoped])


class CountedMark(NamedTuple):
    """What had been counted when it was made."""

    alike: dict[Key, Alike]
    members: Counter[str]


class Counted:
    """Of one turn. What the document in hand adds is kept by `keep` once all went well with it, or forgotten by `forget`."""

    def __init__(self) -> None:
        self._alike: dict[Key, Alike] = {}
        # By activity, members who are counted for the first time, but for those of `Alike.members`.
        self._members: Counter[str] = Counter()
        # Of the order in hand: those that are alike, and its amount; of one that counts in scopes, its additions and items.
        self._order: Alike | None = None
        self._amount = 0
        self._additions: Mapping[CompiledActivity, int] = {}
        self._items: Items = ()
        # Likewise what is taken off without an order; and the activities in which the member in hand is counted for the first time.
        self._taken_off: list[tuple[Alike, Mapping[CompiledActivity, int], Items, int]] = []
        self._first: list[str] = []
        self._first_in_all: Alike | None = None

    def count(
        self,
        member: Member,
        candidates: Candidates,
        in_scopes: Mapping[CompiledActivity, int] | None,
        items: Items,
        amount: int,
        pieces: int,
    ) -> None:
        """An order of these items (see `items_of`), of that amount and so many pieces in all, is about to count in its candidates.
        `in_scopes`: what it adds to those to which some lines do not count; None where all of it counts in all.

        Whoever has more than 0 in the sum of one was counted there; of others `granted` remembers it, with 0 where nothing was granted yet.
        """
        key = candidates if in_scopes is None else (candidates, pieces > 0, *in_scopes)
        alike = self._alike.get(key)
        if alike is None:
            alike = self._alike[key] = _of_candidates(candidates, in_scopes, pieces)
        self._order, self._amount = alike, amount
        if in_scopes is not None:
            self._additions, self._items = in_scopes, items
        progress, granted = member.progress, member.granted
        if not progress and not granted:
            granted.update(alike.none_granted)
            self._first_in_all = alike
        elif not granted.keys() >= alike.none_granted.keys():
            for activity in alike.activities():
                if activity.first_ref not in granted and progress.get(activity.epoch, 0) <= 0:
                    granted[activity.first_ref] = 0
                    self._first.append(activity.code)

    def subtract(self, additions: Mapping[CompiledActivity, int], items: Items, amount: int) -> None:
        """A refund without an order takes so much off."""
        self._taken_off.append((self._alike_of(additions), additions, items, amount))

    def _alike_of(self, additions: Mapping[CompiledActivity, int]) -> Alike:
        """The orders that count in the same activities."""
        activities = tuple(additions)
        alike = self._alike.get(activities)
        if alike is None:
            whole = tuple([activity for activity in activities if activity.every_line])
            scoped = tuple([activity for activity in activities if not activity.every_line])
            alike = self._alike[activities] = Alike(whole, scoped)
        return alike

    def keep(self) -> None:
        """All went well with what is in hand."""
        order = self._order
        if order is not None:
            order.orders += 1
            order.amount += self._amount
            if order.scoped:
                _add_in_scopes(order, self._additions, self._items, 0)
            self._order = None
            if self._first_in_all is not None:
                self._first_in_all.members += 1
                self._first_in_all = None
            elif self._first:
                self._members.update(self._first)
                self._first.clear()
        if self._taken_off:
            for alike, additions, items, amount in self._taken_off:
                alike.refunded += amount
                _add_in_scopes(alike, additions, items, 1)
            self._taken_off.clear()

    def forget(self) -> None:
        """As if what is in hand had not come."""
        self._order = self._first_in_all = None
        self._taken_off.clear()
        self._first.clear()

    def mark(self) -> CountedMark:
        """All that was kept, to be rolled back to."""
        return CountedMark({each: alike.copied() for each, alike in self._alike.items()}, self._members.copy())

    def roll_back(self, mark: CountedMark) -> None:
        """As if nothing had been kept since then."""
        self._alike, self._members = mark

    def add_to(self, row_of: Callable[[str], Performance]) -> None:
        """Adds all that was kept to the rows of the activities, by code."""
        for alike in self._alike.values():
            if not alike.orders and not alike.refunded:
                continue
            for activity in alike.whole:
                row = row_of(activity.code)
                row.orders += alike.orders
                row.members += alike.members
                row.amount += alike.amount
                row.refunded += alike.refunded
            for activity, (amount, refunded) in alike.scoped:
                row = row_of(activity.code)
                row.orders += alike.orders
                row.members += alike.members
                row.amount += amount
                row.refunded += refunded
        for code, members in self._members.items():
            row_of(code).members += members


def _of_candidates(candidates: Candidates, in_scopes: Mapping[CompiledActivity, int] | None, pieces: int) -> Alike:
    """Of orders that count in these, but for those in scopes that are not named."""
    if in_scopes is None:
        return Alike(tuple([activity for _, _, activity, _ in candidates.even]), ())
    return Alike((*candidates.by_amount, *(candidates.by_pieces if pieces else ())), tuple(in_scopes))


def _add_in_scopes(alike: Alike, additions: Mapping[CompiledActivity, int], items: Items, place: int) -> None:
    """Adds what is in the scope of each, to the amount (place 0) or refunded (1)."""
    for activity, amounts in alike.scoped:
        amounts[place] += additions[activity] if activity.by_amount else _amount_in_scope(activity, items)


def _amount_in_scope(activity: CompiledActivity, items: Items) -> int:
    """The amount in scope of items, of which some are."""
    return sum(items[at + 2] for at in range(0, len(items), 3) if activity.in_scope(items[at]))  # type: ignore[arg-type, misc]


def copied(sums: dict[Sums, list[int]]) -> dict[Sums, list[int]]:
    """The same sums, apart."""
    return {key: list(each) for key, each in sums.items()}
