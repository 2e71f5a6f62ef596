"""In which activities the orders of a turn count, summed: orders that count in the same ones together (spec 2.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from rules.figures.additions import Performance
from rules.rulebook.compiled.activity import CompiledActivity
from rules.state import Member

Key = TypeVar("Key")
# Sku, pieces and amount in turn (rules/documents/lines.py).
Items = Sequence[str | int]
# What an order counts in, in the order in which they are found.
Activities = tuple[CompiledActivity, ...]


class Alike:
    """Orders that count in the same activities: how many, their amounts, and refunded; and `members` who are counted in all of them for the
    first time. `scoped`: of these activities, those for some lines only, each with the amount and refunded of what is in scope.
    `none_granted`: as `Member.granted` says of who was counted in all of them.
    """

    __slots__ = ("amount", "members", "none_granted", "orders", "refunded", "scoped")

    def __init__(self, activities: Activities) -> None:
        self.orders = self.amount = self.refunded = self.members = 0
        self.scoped = [(activity, [0, 0]) for activity in activities if not activity.every_line]
        self.none_granted = {activity.first_ref: 0 for activity in activities}

    def copied(self) -> Alike:
        """The same, apart."""
        copy = Alike(())
        copy.orders, copy.amount, copy.refunded, copy.members = self.orders, self.amount, self.refunded, self.members
        copy.scoped = [(activity, list(amounts)) for activity, amounts in self.scoped]
        copy.none_granted = self.none_granted
        return copy


class CountedMark(NamedTuple):
    """What had been counted when it was made."""

    alike: dict[Activities, Alike]
    members: Counter[str]


class Counted:
    """Of one turn. What the document in hand adds is kept by `keep` once all went well with it, or forgotten by `forget`."""

    def __init__(self) -> None:
        self._alike: dict[Activities, Alike] = {}
        # By activity, members who are counted for the first time, but for those of `Alike.members`.
        self._members: Counter[str] = Counter()
        # Of the document in hand: what it counts in, with its additions, items and amount, and whether they are taken off; and the
        # activities in which its member is counted for the first time.
        self._in_hand: list[tuple[Alike, Mapping[CompiledActivity, int], Items, int, bool]] = []
        self._first: list[str] = []
        self._first_in_all: Alike | None = None

    def count(self, member: Member, additions: Mapping[CompiledActivity, int], items: Items, amount: int) -> None:
        """An order of these items (see `items_of`), of that amount in all, is about to add so much to these activities: 1 or more.

        Whoever has more than 0 in the sum of one was counted there; of others `granted` remembers it, with 0 where nothing was granted yet.
        """
        alike = self._alike_of(additions)
        self._in_hand.append((alike, additions, items, amount, False))
        progress, granted = member.progress, member.granted
        if not progress and not granted:
            granted.update(alike.none_granted)
            self._first_in_all = alike
        elif not granted.keys() >= alike.none_granted.keys():
            for activity in additions:
                if activity.first_ref not in granted and progress.get(activity.epoch, 0) <= 0:
                    granted[activity.first_ref] = 0
                    self._first.append(activity.code)

    def subtract(self, additions: Mapping[CompiledActivity, int], items: Items, amount: int) -> None:
        """A refund without an order takes so much off."""
        self._in_hand.append((self._alike_of(additions), additions, items, amount, True))

    def _alike_of(self, additions: Mapping[CompiledActivity, int]) -> Alike:
        """The orders that count in the same activities."""
        activities = tuple(additions)
        alike = self._alike.get(activities)
        if alike is None:
            alike = self._alike[activities] = Alike(activities)
        return alike

    def keep(self) -> None:
        """All went well with what is in hand."""
        for alike, additions, items, whole, off in self._in_hand:
            if off:
                alike.refunded += whole
            else:
                alike.orders += 1
                alike.amount += whole
            for activity, amounts in alike.scoped:
                amounts[off] += additions[activity] if activity.by_amount else _amount_in_scope(activity, items)
        self._in_hand.clear()
        if self._first_in_all is not None:
            self._first_in_all.members += 1
            self._first_in_all = None
        elif self._first:
            self._members.update(self._first)
            self._first.clear()

    def forget(self) -> None:
        """As if what is in hand had not come."""
        self._in_hand.clear()
        self._first.clear()
        self._first_in_all = None

    def mark(self) -> CountedMark:
        """All that was kept, to be rolled back to."""
        return CountedMark({each: alike.copied() for each, alike in self._alike.items()}, self._members.copy())

    def roll_back(self, mark: CountedMark) -> None:
        """As if nothing had been kept since then."""
        self._alike, self._members = mark

    def add_to(self, row_of: Callable[[str], Performance]) -> None:
        """Adds all that was kept to the rows of the activities, by code."""
        for activities, alike in self._alike.items():
            if not alike.orders and not alike.refunded:
                continue
            for activity in activities:
                row = row_of(activity.code)
                row.orders += alike.orders
                row.members += alike.members
                if activity.every_line:
                    row.amount += alike.amount
                    row.refunded += alike.refunded
            for activity, (amount, refunded) in alike.scoped:
                row = row_of(activity.code)
                row.amount += amount
                row.refunded += refunded
        for code, members in self._members.items():
            row_of(code).members += members


def _amount_in_scope(activity: CompiledActivity, items: Items) -> int:
    """The amount in scope of items, of which some are."""
    return sum(items[at + 2] for at in range(0, len(items), 3) if activity.in_scope(items[at]))  # type: ignore[arg-type, misc]


def copied(sums: dict[Key, list[int]]) -> dict[Key, list[int]]:
    """The same sums, apart."""
    return {key: list(each) for key, each in sums.items()}
