"""The standard `total` since the last upgrade: the sum of what is timed after it (spec 3.1, 3.4, 3.5).

A stretch begins with an upgrade, or with the end of a term that lowered the level. What gained a level is the sum of the stretch before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rules.levels.calendar import first_whole_day
from rules.levels.entry import Entry, Reached, is_strange_to
from rules.levels.kept import ALWAYS_US, NEVER_US, Standing, Term

if TYPE_CHECKING:
    from rules.rulebook.compiled.program import CompiledProgram

counts_orders: Final = False


def count(program: CompiledProgram, standing: Standing, entry: Entry) -> None:
    """Has it count in the stretch that it is timed in."""
    amount, time_us = entry.now - entry.before, entry.time_us
    if _is_since(program, standing.from_us, entry):
        standing.count += amount
        return
    for term in reversed(standing.terms):
        if _is_since(program, term.stretch_us, entry):
            term.gained_with += amount
            break
    last = standing.last_end
    if last is not None and time_us < last.at_us and _is_since(program, last.from_us, entry):
        last.count += amount


def _is_since(program: CompiledProgram, from_us: int, entry: Entry) -> bool:
    """Whether it counts in the stretch that begins at a time. What came under another id does from the next day on (rules/merging)."""
    if entry.time_us < from_us:
        return False
    if not entry.kin or entry.day(program.days) >= first_whole_day(from_us, program.days):
        return True
    return not is_strange_to(entry, from_us)


def stretches_of(standing: Standing) -> list[int]:
    """When each of its stretches began that goes on, or may again."""
    found = [standing.from_us, *(term.stretch_us for term in standing.terms)]
    if standing.last_end is not None:
        found.append(standing.last_end.from_us)
    return [from_us for from_us in dict.fromkeys(found) if ALWAYS_US < from_us < NEVER_US]


def most(standing: Standing, entry: Entry) -> int:
    """The sum."""
    return standing.count


def reached(program: CompiledProgram, standing: Standing, entry: Entry, now_ms: int) -> Reached | None:
    """The level that the sum reaches, with a term from the newest document's day on."""
    level = program.reached(standing.count)
    if level is None:
        return None
    return Reached(level, program.days.day_of(standing.newest_us // 1000), entry.time_us, standing.count)


def reached_afresh(program: CompiledProgram, standing: Standing, now_ms: int) -> Reached | None:
    """The same, when no document came."""
    level = program.reached(standing.count)
    if level is None or standing.newest_us == ALWAYS_US:
        return None
    return Reached(level, program.days.day_of(standing.newest_us // 1000), standing.newest_us, standing.count)


def rose(program: CompiledProgram, standing: Standing, term: Term, entry: Entry | None) -> None:
    """The next stretch begins after the newest document."""
    term.stretch_us = standing.from_us
    standing.count, standing.from_us = 0, standing.newest_us + 1


def still(program: CompiledProgram, standing: Standing, term: Term) -> int:
    """What holds the level, by what refunds judge it by."""
    return term.gained_with + standing.count


def ended_with(program: CompiledProgram, standing: Standing, term: Term) -> int:
    """What the end of a term is judged by."""
    return term.counted.total


def at_end(program: CompiledProgram, standing: Standing, term: Term) -> str | None:
    """The level that the sum in the term reaches, no higher than the term's own."""
    return program.reached_up_to(term.counted.total, program.position(term.level))


def is_still_reached(program: CompiledProgram, standing: Standing, term: Term) -> bool:
    """Whether all that counted since the upgrade before reaches the level."""
    threshold = program.thresholds.get(term.level)
    return threshold is not None and max(term.gained_with + standing.count, 0) >= threshold


def reached_below(program: CompiledProgram, standing: Standing, term: Term) -> str | None:
    """The highest lower level that this reaches."""
    return program.reached_up_to(term.gained_with + standing.count, program.position(term.level) - 1)


def fell(standing: Standing, term: Term) -> None:
    """The count goes on from the upgrade before."""
    standing.count, standing.from_us = standing.count + term.gained_with - term.lapsed, term.stretch_us
    term.gained_with = term.lapsed = 0


def lowered(standing: Standing, at_us: int) -> None:
    """The count starts again at the end of the term."""
    standing.count, standing.from_us = 0, at_us


def restored(standing: Standing, term: Term, count: int, from_us: int) -> None:
    """The count is what it would have been."""
    standing.count, standing.from_us = count, from_us


def present(program: CompiledProgram, standing: Standing, now_ms: int) -> int:
    """The sum of the stretch that is under way."""
    return standing.count
