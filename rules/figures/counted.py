"""The orders of a turn, summed as it ends: by cell, by day, and by the activities in which they count (spec 2.7, 4.6).

Orders that count in the same activities are summed together first: there are few such sums, whatever the number of orders. Columns are
made of them, so that little is done for each.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import compress
from operator import attrgetter
from typing import Final, TypeVar

from rules.figures.additions import Cell, Performance
from rules.figures.alike import Alike

# A minute, store, channel and currency.
Place = tuple[int, str, str, str]
# What an order adds: its cell, with the order alone; the day of which it is its member's first; the activities in which it counts, those of
# them in which the member is counted for the first time (by code, or all of them), and the amount in scope by activity of `Alike.scoped`.
Sold = tuple[Cell, int | None, Alike | None, Alike | tuple[str, ...] | None, Sequence[int]]

Key = TypeVar("Key")

_FEW: Final = 16
_PLACE: Final = attrgetter("minute", "store_id", "channel", "currency")


def add_orders(orders: Sequence[Sold], days: dict[int, int], rows: dict[str, Performance]) -> dict[Place, Cell]:
    """Adds orders to the members of their days, and to the rows of their activities, by code; their cells, by place."""
    if not orders:
        return {}
    cells, on_days, alikes, firsts, in_scopes = zip(*orders, strict=True)
    for day, number in counts_of(on_days).items():
        if day is not None:
            days[day] = days.get(day, 0) + number
    amounts: defaultdict[Alike | None, int] = defaultdict(int)
    for alike, cell in zip(alikes, cells, strict=True):
        amounts[alike] += cell.amount
    scoped: dict[Alike, list[int]] = {}
    for alike, some in compress(zip(alikes, in_scopes, strict=True), in_scopes):
        before = scoped.get(alike)
        scoped[alike] = list(some) if before is None else list(map(int.__add__, before, some))
    members = counts_of(firsts)
    for alike, number in counts_of(alikes).items():
        if alike is not None:
            _add(alike, number, amounts[alike], scoped.get(alike, ()), members.get(alike, 0), rows)
    for first, number in members.items():
        if isinstance(first, tuple):
            for code in first:
                row_of(rows, code).members += number
    return _by_place(cells)


def _add(alike: Alike, orders: int, amount: int, scoped: Sequence[int], members: int, rows: dict[str, Performance]) -> None:
    """Adds orders that are alike: so many, of that amount and those in scope, by members of whom so many are counted for the first time."""
    amounts = [amount] * len(alike.whole)
    for activity, of_activity in zip((*alike.whole, *alike.scoped), (*amounts, *scoped), strict=True):
        row = row_of(rows, activity.code)
        row.orders += orders
        row.members += members
        row.amount += of_activity


def _by_place(cells: Sequence[Cell]) -> dict[Place, Cell]:
    """Those of one place together."""
    places: list[Place] = list(map(_PLACE, cells))
    found = dict(zip(places, cells, strict=True))
    if len(found) < len(cells):
        # Where stores are many most have a place of their own.
        for place, cell in zip(places, cells, strict=True):
            last = found[place]
            if last is not cell:
                last.add(cell)
    return found


def counts_of(listed: Sequence[Key]) -> Mapping[Key, int]:
    """How often each is among these. A Counter takes longer to be made than a few take to be counted."""
    if len(listed) > _FEW:
        return Counter(listed)
    counts: dict[Key, int] = {}
    for each in listed:
        counts[each] = counts.get(each, 0) + 1
    return counts


def row_of(rows: dict[str, Performance], code: str) -> Performance:
    """The row of an activity."""
    row = rows.get(code)
    if row is None:
        row = rows[code] = Performance()
    return row
