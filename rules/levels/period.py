"""The standard `total` by period: the sum of a window of local days, ending with one on which something counted (spec 3.1, 3.4, 3.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rules.levels.calendar import day_of, first_day
from rules.levels.entry import Entry, Reached
from rules.levels.kept import Standing, Term
from rules.levels.terms import ends_ms, last_day_after

if TYPE_CHECKING:
    from rules.rulebook.compiled import CompiledProgram

counts_orders = False


def count(program: CompiledProgram, standing: Standing, entry: Entry) -> None:
    """Has it count in its day."""
    day = day_of(entry.time_ms, program.zone)
    days = standing.days
    days[day] = days.get(day, 0) + entry.now - entry.before


def reached(program: CompiledProgram, standing: Standing, entry: Entry, now_ms: int) -> Reached | None:
    """The highest level that a window reaches into which the document falls and whose term is not over by now; of the days that reach it,
    the first.
    """
    day = day_of(entry.time_ms, program.zone)
    best: Reached | None = None
    for last_day in sorted(each for each in standing.days if each >= day):
        if first_day(last_day, program.period) > day:
            break
        if ends_ms(program, last_day_after(program, last_day)) <= now_ms:
            continue
        total = _sum(program, standing, last_day)
        level = program.reached(total)
        if level is not None and (best is None or program.position(level) > program.position(best.level)):
            best = Reached(level, last_day, last_day, total)
    return best


def rose(program: CompiledProgram, standing: Standing, term: Term, entry: Entry) -> None:
    """A level is gained."""


def at_end(program: CompiledProgram, standing: Standing, term: Term) -> str | None:
    """The level that the window reaches which ends with the term's last day, no higher than the term's own."""
    assert term.last_day is not None
    return program.reached_up_to(_sum(program, standing, term.last_day), program.position(term.level))


def is_still_reached(program: CompiledProgram, standing: Standing, term: Term) -> bool:
    """Whether a window reaches the level whose last day is not before that of the one that gained it."""
    threshold = program.thresholds.get(term.level)
    return threshold is not None and _most(program, standing, term) >= threshold


def reached_below(program: CompiledProgram, standing: Standing, term: Term) -> str | None:
    """The highest lower level that these windows reach."""
    return program.reached_up_to(_most(program, standing, term), program.position(term.level) - 1)


def fell(standing: Standing, term: Term) -> None:
    """A level is lost by a refund."""


def lowered(standing: Standing, at_us: int) -> None:
    """A level is lost by the end of its term."""


def restored(standing: Standing, term: Term, count: int, from_us: int) -> None:
    """A level is given back."""


def present(program: CompiledProgram, standing: Standing, now_ms: int) -> int:
    """The sum of the window that ends today."""
    return _sum(program, standing, day_of(now_ms, program.zone))


def forget(program: CompiledProgram, standing: Standing, now_ms: int, changes_for_days: int) -> None:
    """Drops the days that no window needs any more. `changes_for_days`: how long after a day what counted in it may still change."""
    final_day = day_of(now_ms, program.zone) - changes_for_days - 2
    # In a replay whatever counted may still change.
    if final_day < 1:
        return
    needed_from = first_day(final_day, program.period)
    days = standing.days
    if min(days, default=needed_from) >= needed_from:
        return
    for term in standing.terms:
        if program.spending_downgrade and not term.decided:
            sums = [total for last_day, total in _windows(program, standing) if term.gained_at <= last_day <= final_day]
            term.sure = max((term.sure, *sums))
    standing.days = {day: total for day, total in days.items() if day >= needed_from}


def _sum(program: CompiledProgram, standing: Standing, last_day: int) -> int:
    first = first_day(last_day, program.period)
    return sum(total for day, total in standing.days.items() if first <= day <= last_day)


def _most(program: CompiledProgram, standing: Standing, term: Term) -> int:
    """What the windows come to at most that end no earlier than the one that gained a level; 0 at least."""
    sums = [total for last_day, total in _windows(program, standing) if last_day >= term.gained_at]
    return max((0, term.sure, *sums))


def _windows(program: CompiledProgram, standing: Standing) -> Iterator[tuple[int, int]]:
    """The last day of every window, and its sum."""
    days = sorted(standing.days.items())
    begin = total = 0
    for last_day, amount in days:
        total += amount
        first = first_day(last_day, program.period)
        while days[begin][0] < first:
            total -= days[begin][1]
            begin += 1
        yield last_day, total
