"""What counted of a membership by local day, for windows and for rules that change (spec 3.4, 3.6).

Of a day its sum; and what each of its orders counts, the largest of them, where that is not the sum. No times of day, and no ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from rules.levels.calendar import first_day, first_whole_day
from rules.levels.entry import Entry
from rules.levels.kept import Standing, Term
from rules.levels.ledger import NO_ORDER, ORDERS_OF_A_DAY, Noted
from rules.local_days import LocalDays

if TYPE_CHECKING:
    from rules.rulebook.compiled.program import CompiledProgram

# Days are forgotten where there are more of them than this.
_DAYS_MANY: Final = 64


def add(program: CompiledProgram, standing: Standing, entry: Entry) -> None:
    """Has a document count in its day, or what is left of one."""
    day, days = entry.day(program.days), standing.days
    known = days.get(day)
    if known is None:
        # What is taken back from a day that is not kept counted before days were, or too long ago.
        if entry.is_new:
            days[day] = entry.now - entry.before
            if not entry.of_order:
                standing.orders[day] = []
        return
    days[day] = known + entry.now - entry.before
    orders = standing.orders.get(day)
    if orders is None:
        if not entry.is_new and entry.of_order and known == entry.before:
            return
        orders = standing.orders[day] = [known]
    if not entry.of_order:
        return
    if not entry.is_new:
        if entry.before not in orders:
            return
        orders.remove(entry.before)
    orders.append(entry.now)
    if len(orders) > ORDERS_OF_A_DAY:
        orders.remove(min(orders))


def orders_from(standing: Standing, day: int, last_day: int | None = None) -> list[int]:
    """What each order of that day and of those after it counts, up to another; None: of all after it."""
    found = []
    for each, total in standing.days.items():
        if each >= day and (last_day is None or each <= last_day):
            orders = standing.orders.get(each)
            found += [total] if orders is None else orders
    return found


def orders_in(days: LocalDays, standing: Standing, term: Term) -> list[int]:
    """What each order counts of the days that lie in a term, whole: not the day on which it was gained."""
    return orders_from(standing, first_whole_day(term.from_us, days), term.last_day)


def best_of_days(standing: Standing) -> list[tuple[int, int]]:
    """By day, in their order, what the largest order counts."""
    found = []
    for day, total in sorted(standing.days.items()):
        orders = standing.orders.get(day)
        if orders is None or orders:
            found.append((day, total if orders is None else max(orders)))
    return found


def needed_from(program: CompiledProgram, standing: Standing, now_ms: int, changes_for_days: int, keep_days: int) -> int | None:
    """The first day that is still needed; None where all that are kept are. `changes_for_days`: how long after a day what counted in it may
    still change. `keep_days`: for rules that are yet to change, each is kept so long at least.
    """
    days = standing.days
    if len(days) <= _DAYS_MANY:
        return None
    needed = first_needed(program, now_ms, changes_for_days, keep_days)
    return needed if min(days) < needed else None


def first_needed(program: CompiledProgram, now_ms: int, changes_for_days: int, keep_days: int) -> int:
    """The first day that is needed by now, likewise."""
    today = program.days.day_of(now_ms)
    final_day = today - changes_for_days - 2
    # In a replay whatever counted may still change.
    if final_day < 1:
        return 0
    return min(final_day if program.period == (0, 0) else first_day(final_day, program.period), today - keep_days)


def forget(standing: Standing, before: int) -> None:
    """Drops the days before that one."""
    standing.days = {day: total for day, total in standing.days.items() if day >= before}
    standing.orders = {day: orders for day, orders in standing.orders.items() if day >= before}


def noted_of(standing: Standing) -> list[Noted]:
    """The days that are kept, as the ledger has them."""
    found = []
    for day, total in standing.days.items():
        orders = standing.orders.get(day)
        amounts = [total] if orders is None else orders
        found += [Noted(day, amount) for amount in amounts]
        if not amounts or sum(amounts) != total:
            found.append(Noted(day, total - sum(amounts), NO_ORDER))
    return found


def keep_noted(standing: Standing, noted: Iterable[Noted]) -> None:
    """Has the days that are kept be those of such entries."""
    days: dict[int, int] = {}
    orders: dict[int, list[int]] = {}
    alone: dict[int, bool] = {}
    for each in noted:
        alone[each.day] = each.of_order and each.day not in days
        days[each.day] = days.get(each.day, 0) + each.amount
        of_day = orders.setdefault(each.day, [])
        if each.of_order:
            of_day.append(each.amount)
    standing.days = days
    standing.orders = {day: sorted(amounts)[-ORDERS_OF_A_DAY:] for day, amounts in orders.items() if not alone[day]}
