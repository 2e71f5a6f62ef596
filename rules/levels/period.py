"""The standard `total` by period: the sum of a window of local days, ending with one on which something counted (spec 3.1, 3.4, 3.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from rules.levels.calendar import first_day
from rules.levels.entry import Entry, Reached
from rules.levels.kept import Standing, Term
from rules.levels.terms import ends_ms, last_day_after
from rules.state import NEVER_MS

if TYPE_CHECKING:
    from rules.rulebook.compiled.program import CompiledProgram

counts_orders: Final = False


def count(program: CompiledProgram, standing: Standing, entry: Entry) -> None:
    """It counts in its day, which is kept of every standard."""


def most(standing: Standing, entry: Entry) -> int:
    """The sum of all days that are kept, where nothing was taken back from one."""
    days = standing.days.values()
    return sum(days) if min(days, default=0) >= 0 else NEVER_MS


def reached(program: CompiledProgram, standing: Standing, entry: Entry, now_ms: int) -> Reached | None:
    """The highest level that a window reaches into which the document falls and whose term is not over by now; of the days that reach it,
    the first.
    """
    day = entry.day(program.days)
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


def reached_afresh(program: CompiledProgram, standing: Standing, now_ms: int) -> Reached | None:
    """The highest level that any window reaches whose term is not over by now; of the days that reach it, the first."""
    best: Reached | None = None
    for last_day, total in _windows(program, standing):
        level = program.reached(total)
        if level is None or (best is not None and program.position(level) <= program.position(best.level)):
            continue
        if ends_ms(program, last_day_after(program, last_day)) > now_ms:
            best = Reached(level, last_day, last_day, total)
    return best


def rose(program: CompiledProgram, standing: Standing, term: Term, entry: Entry | None) -> None:
    """A level is gained."""


def still(program: CompiledProgram, standing: Standing, term: Term) -> int:
    """What holds the level, by what refunds judge it by."""
    return _most(program, standing, term)


def ended_with(program: CompiledProgram, standing: Standing, term: Term) -> int:
    """What the end of a term is judged by."""
    assert term.last_day is not None
    return _sum(program, standing, term.last_day)


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
    return _sum(program, standing, program.days.day_of(now_ms))


def forgetting(program: CompiledProgram, standing: Standing, day: int) -> None:
    """Days before that one are about to be dropped: what windows come to that hold levels, and end before it, is kept."""
    if not program.spending_downgrade:
        return
    for term in standing.terms:
        if not term.decided:
            sums = [
                total
                for last_day, total in _windows(program, standing)
                if term.gained_at <= last_day and first_day(last_day, program.period) < day
            ]
            term.sure = max((term.sure, *sums))


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
