"""The standard `each`: one order reaches a level (spec 3.1, 3.4, 3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rules.levels.entry import Entry, Reached, new_order
from rules.levels.kept import Standing, Term
from rules.levels.past import best_of_days, orders_from, orders_in
from rules.levels.terms import ends_ms, is_apart, last_day_after

if TYPE_CHECKING:
    from rules.rulebook.compiled.program import CompiledProgram

counts_orders: Final = True


def count(program: CompiledProgram, standing: Standing, entry: Entry) -> None:
    """Has it count as proof of the levels that it came after, and not before what gained them."""
    if not (program.spending_downgrade and entry.of_order):
        return
    for term in standing.terms:
        if term.decided or _is_before(program, term, entry) or (entry.kin and is_apart(program, term, term.gained_at, entry)):
            continue
        if entry.is_new or _is_proof(program, term, entry):
            _prove(program, term, entry)


def gained_on(program: CompiledProgram, term: Term, day: int) -> None:
    """Of what gained a term only its local day is known from now on."""
    term.gained_at = program.days.midnight_after(day - 1) * 1000


def _is_before(program: CompiledProgram, term: Term, entry: Entry) -> bool:
    """Whether it came before what gained the level; of one that counted by another zone, the day says so."""
    if entry.counted_on:
        return entry.counted_on < program.days.day_of(term.gained_at // 1000)
    return entry.time_us < term.gained_at


def _is_proof(program: CompiledProgram, term: Term, entry: Entry) -> bool:
    """Whether an order of before was counted as proof: it came after what gained the level, or is of a later day than that."""
    return entry.number >= term.number or entry.day(program.days) > program.days.day_of(term.gained_at // 1000)


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


def most(standing: Standing, entry: Entry) -> int:
    """What the order counts."""
    return entry.now


def reached(program: CompiledProgram, standing: Standing, entry: Entry, now_ms: int) -> Reached | None:
    """The level that an order reaches, with a term from its own day on."""
    level = program.reached(entry.now)
    return None if level is None else Reached(level, entry.day(program.days), entry.time_us, entry.now)


def reached_afresh(program: CompiledProgram, standing: Standing, now_ms: int) -> Reached | None:
    """The highest level that an order of the days that are kept reaches, and whose term is not over by now; of these days the first."""
    best: Reached | None = None
    for day, counted in best_of_days(standing):
        level = program.reached(counted)
        if level is None or (best is not None and program.position(level) <= program.position(best.level)):
            continue
        if ends_ms(program, last_day_after(program, day)) > now_ms:
            best = Reached(level, day, program.days.midnight_after(day - 1) * 1000, counted)
    return best


def rose(program: CompiledProgram, standing: Standing, term: Term, entry: Entry | None) -> None:
    """What gained a level is the first proof of it. `entry`: None where a rule did."""
    if not program.spending_downgrade:
        return
    if entry is None:
        prove_afresh(program, standing, term, program.days.day_of(term.gained_at // 1000))
        return
    _prove(program, term, entry)
    if entry.time_us < standing.newest_us:
        # It came late: orders of later days are not before it.
        for counted in orders_from(standing, entry.day(program.days) + 1):
            _prove(program, term, new_order(entry.time_us, counted))


def prove_afresh(program: CompiledProgram, standing: Standing, term: Term, day: int) -> None:
    """Looks for the proof of a term's levels in the days that are kept: all orders from the day on of the one that gained it."""
    gained_on(program, term, day)
    term.number = 0
    orders = orders_from(standing, day)
    position = program.position(term.level)
    numbers = {
        level: sum(counted >= threshold for counted in orders)
        for level, threshold in program.thresholds.items()
        if program.positions[level] <= position
    }
    term.proof = {level: number for level, number in numbers.items() if number}


def still(program: CompiledProgram, standing: Standing, term: Term) -> int:
    """What holds the level, by what refunds judge it by: the largest order from the day on of the one that gained it."""
    return max(orders_from(standing, program.days.day_of(term.gained_at // 1000)), default=0)


def ended_with(program: CompiledProgram, standing: Standing, term: Term) -> int:
    """What the end of a term is judged by: the best order on the days that lie in it."""
    assert term.last_day is not None
    return max(orders_in(program.days, standing, term), default=0)


def at_end(program: CompiledProgram, standing: Standing, term: Term) -> str | None:
    """The level that the best order in the term reaches, no higher than the term's own."""
    reached = term.counted.reached
    if not reached:
        # Nothing but what needs nothing.
        return program.floor
    position = program.position(term.level)
    for level, threshold in reversed(program.thresholds.items()):
        if program.positions[level] <= position and (threshold == 0 or reached.get(level, 0) > 0):
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
