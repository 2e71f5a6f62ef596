"""The orders of a turn, summed as it ends: by cell, by day, and by the activities in which they count (spec 2.7, 4.6).

Orders that count in the same activities are summed together first: there are few such sums, whatever the number of orders.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain, compress, repeat
from operator import is_not
from typing import Final, TypeVar

from rules.documents.lines import Items
from rules.figures.additions import Cell, Performance
from rules.figures.noted import Place, Sold
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.rulebook import Rulebook

Key = TypeVar("Key")

# Store, channel and currency of what no order brought about.
NOWHERE: Final = ("", "", "")
_FEW: Final = 16


def add_orders(orders: Sequence[Sold], rulebook: Rulebook, days: dict[int, int], rows: dict[str, Performance]) -> dict[Place, Cell]:
    """Adds orders to the members of their days, and to the rows of their activities, by code; their cells, and those of members whom they
    registered, by place.
    """
    if not orders:
        return {}
    places, amounts, counted_in, items, firsts, on_days, registered, _ = zip(*orders, strict=True)
    whole: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
    scoped: defaultdict[CompiledActivity, list[Items]] = defaultdict(list)
    activities, in_parts = rulebook.activities, rulebook.in_parts
    for refs, amount, lines in zip(counted_in, amounts, items, strict=True):
        if lines is not None:
            refs, in_scope = in_parts(refs)
            for activity in in_scope:
                scoped[activity].append(lines)
        whole[refs].append(amount)
    for refs, listed in whole.items():
        amount = sum(listed)
        for ref in refs:
            row = row_of(rows, activities[ref].code)
            row.orders += len(listed)
            row.amount += amount
    for activity, baskets in scoped.items():
        row = row_of(rows, activity.code)
        row.orders += len(baskets)
        row.amount += amount_in_scope(activity, list(chain.from_iterable(baskets)))
    for refs, number in counts_of(firsts).items():
        for ref in refs:
            rows[activities[ref].code].members += number
    for day, number in counts_of(on_days).items():
        if day is not None:
            days[day] = number
    minutes, stores, channels, currencies = zip(*places, strict=True)
    cells = _by_place(places, list(map(Cell, minutes, stores, channels, currencies, repeat(1), amounts)))
    add_registered(list(compress(minutes, registered)), cells)
    return cells


def _by_place(places: Sequence[Place], cells: Sequence[Cell]) -> dict[Place, Cell]:
    """Those of one place together; where stores are many, most have a place of their own."""
    found: dict[Place, Cell] = {}
    first = list(map(found.setdefault, places, cells))
    if len(found) < len(cells):
        for sum_, cell in compress(zip(first, cells, strict=True), map(is_not, first, cells)):
            sum_.add(cell)
    return found


def add_registered(minutes: Sequence[int], cells: dict[Place, Cell]) -> None:
    """Adds members who were registered then."""
    for minute, members in counts_of(minutes).items():
        cell_of(cells, (minute, *NOWHERE)).registered += members


def amount_in_scope(activity: CompiledActivity, items: Sequence[str | int]) -> int:
    """The amount of those items (see `items_of`) that count in an activity."""
    amounts: Sequence[int] = items[2::3]  # type: ignore[assignment]
    if activity.include is not None:
        return sum(compress(amounts, map(activity.include.__contains__, items[::3])))
    return sum(amounts) - sum(compress(amounts, map(activity.exclude.__contains__, items[::3])))


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


def cell_of(cells: dict[Place, Cell], place: Place) -> Cell:
    """The cell of a place."""
    cell = cells.get(place)
    if cell is None:
        cell = cells[place] = Cell(*place)
    return cell
