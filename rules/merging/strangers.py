"""What counted under another id in the terms of a member: that of the days that lie in them whole (spec 1.7, 3.4, 3.5)."""

from __future__ import annotations

from collections.abc import Sequence

from rules.levels import each
from rules.levels.calendar import first_whole_day
from rules.levels.kept import Counted, Standing, Term
from rules.levels.past import orders_from
from rules.rulebook.compiled.program import CompiledProgram


def count_strangers(program: CompiledProgram, term: Term, other: Standing) -> None:
    """Has another's days count in a term."""
    if program.validity is not None:
        count_days(program, term, term.counted, other, first_whole_day(term.from_us, program.days), term.last_day)
    if program.standard is each and program.spending_downgrade and not term.decided:
        proof = orders_from(other, first_whole_day(term.gained_at, program.days))
        for level, threshold in program.thresholds.items():
            if program.positions[level] <= program.position(term.level):
                _number(term.proof, level, proof, threshold)


def count_days(program: CompiledProgram, term: Term, counted: Counted, other: Standing, first: int, last: int | None) -> None:
    """Has another's days, from the first to the last (None: all after the first), count in what is kept of a term."""
    counted.total += sum(total for day, total in other.days.items() if day >= first and (last is None or day <= last))
    orders = orders_from(other, first, last)
    for level in program.ladder[: program.position(term.level) + 1]:
        if not level.enabled or level.threshold is None:
            continue
        if program.standard is each:
            _number(counted.reached, level.code, orders, level.threshold)
        if program.lock_in_by_order and level.lock_in_amount is not None:
            _number(counted.locking, level.code, orders, level.lock_in_amount)


def _number(numbers: dict[str, int], level: str, orders: Sequence[int], amount: int) -> None:
    """As many more as reach an amount."""
    if number := sum(counted >= amount for counted in orders):
        numbers[level] = numbers.get(level, 0) + number
