"""The standard `each`: one order reaches a level (spec 3.1, 3.4, 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.levels.calendar import day_of
from rules.levels.entry import Entry, Reached
from rules.levels.kept import Standing, Term

if TYPE_CHECKING:
    from rules.rulebook.compiled import CompiledProgram

counts_orders = True


def count(program: CompiledProgram, standing: Standing, entry: Entry) -> None:
    """Has it count as proof of the levels that it came after, and not before what gained them."""
    if not (program.spending_downgrade and entry.of_order):
        return
    for term in standing.terms:
        if not term.decided and entry.time_us >= term.gained_at and (entry.is_new or entry.number >= term.number):
            _prove(program, term, entry)


def _prove(program: CompiledProgram, term: Term, entry: Entry) -> None:
    position = program.position(term.level)
    for level, threshold in program.thresholds.items():
        if program.positions[level] > position:
            return
        was, now = not entry.is_new and entry.before >= threshold, entry.now >= threshold
        if was != now:
            number = term.proof.get(level, 0) + (1 if now else -1)
            if number:
                term.proof[level] = number
            else:
                term.proof.pop(level, None)


def reached(program: CompiledProgram, standing: Standing, entry: Entry, now_ms: int) -> Reached | None:
    """The level that an order reaches, with a term from its own day on."""
    level = program.reached(entry.now)
    return None if level is None else Reached(level, day_of(entry.time_ms, program.zone), entry.time_us, entry.now)


def rose(program: CompiledProgram, standing: Standing, term: Term, entry: Entry) -> None:
    """What gained a level is the first proof of it."""
    if program.spending_downgrade:
        _prove(program, term, entry)


def at_end(program: CompiledProgram, standing: Standing, term: Term) -> str | None:
    """The level that the best order in the term reaches, no higher than the term's own."""
    position = program.position(term.level)
    for level, threshold in reversed(program.thresholds.items()):
        if program.positions[level] <= position and (threshold == 0 or term.counted.reached.get(level, 0) > 0):
            return level
    return None


def is_still_reached(program: CompiledProgram, standing: Standing, term: Term) -> bool:
    """Whether an order reaches the level that is not before the one that gained it."""
    return term.proof.get(term.level, 0) > 0


def reached_below(program: CompiledProgram, standing: Standing, term: Term) -> str | None:
    """The highest lower level that these orders reach."""
    position = program.position(term.level)
    for level, threshold in reversed(program.thresholds.items()):
        if program.positions[level] < position and (threshold == 0 or term.proof.get(level, 0) > 0):
            return level
    return None


def fell(standing: Standing, term: Term) -> None:
    """A level is lost by a refund."""


def lowered(standing: Standing, at_us: int) -> None:
    """A level is lost by the end of its term."""


def restored(standing: Standing, term: Term, count: int, from_us: int) -> None:
    """A level is given back."""


def present(program: CompiledProgram, standing: Standing, now_ms: int) -> int:
    """Nothing counts beside the orders that gained levels."""
    return 0
