"""The orders of a turn, summed as it ends: by cell, by day, and by the activities in which they count (spec 2.7, 4.6).

Orders that count in the same activities are summed together first: there are few such sums, whatever the number of orders.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rules.figures.additions import Cell, Performance
from rules.figures.alike import Alike

# A minute, store, channel and currency.
Place = tuple[int, str, str, str]
# What an order adds: its place, its amount, the day of which it is its member's first, the activities in which it counts, those of
# them in which the member is counted for the first time (by code, or all of them), and the amount in scope by activity of `Alike.scoped`.
Sold = tuple[Place, int, int | None, Alike | None, Alike | list[str] | None, Sequence[int]]


class _Sums:
    """Of orders that are alike: how many, their amounts, members who are counted in all of their activities for the first time, and the
    amounts in scope.
    """

    __slots__ = ("amount", "members", "orders", "scoped")

    def __init__(self, alike: Alike) -> None:
        self.orders = self.amount = self.members = 0
        self.scoped = [0] * len(alike.scoped)


def add_orders(orders: Sequence[Sold], cells: dict[Place, Cell], days: dict[int, int], rows: dict[str, Performance]) -> None:
    """Adds orders to their cells, to the members of their days, and to the rows of their activities, by code."""
    sums: dict[Alike, _Sums] = {}
    members: Counter[str] = Counter()
    for place, amount, day, alike, first, scoped in orders:
        cell = cells.get(place)
        if cell is None:
            # As most are where stores are many.
            cells[place] = Cell(*place, 1, amount)
        else:
            cell.orders += 1
            cell.amount += amount
        if day is not None:
            days[day] = days.get(day, 0) + 1
        if alike is None:
            continue
        sum_ = sums.get(alike)
        if sum_ is None:
            sum_ = sums[alike] = _Sums(alike)
        sum_.orders += 1
        sum_.amount += amount
        if first is alike:
            sum_.members += 1
        elif first is not None:
            assert isinstance(first, list)
            members.update(first)
        if scoped:
            sum_.scoped = [before + more for before, more in zip(sum_.scoped, scoped, strict=True)]
    for alike, sum_ in sums.items():
        for activity in alike.whole:
            _add(row_of(rows, activity.code), sum_, sum_.amount)
        for activity, amount in zip(alike.scoped, sum_.scoped, strict=True):
            _add(row_of(rows, activity.code), sum_, amount)
    for code, number in members.items():
        row_of(rows, code).members += number


def row_of(rows: dict[str, Performance], code: str) -> Performance:
    """The row of an activity."""
    row = rows.get(code)
    if row is None:
        row = rows[code] = Performance()
    return row


def _add(row: Performance, sums: _Sums, amount: int) -> None:
    row.orders += sums.orders
    row.members += sums.members
    row.amount += amount
