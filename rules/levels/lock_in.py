"""Lock-in: what counted in a term may prolong it, once (spec 3.1, 3.5)."""

from __future__ import annotations

from rules.levels.kept import Counted, Term
from rules.rulebook.compiled.program import CompiledProgram


def is_locked_in(program: CompiledProgram, term: Term, counted: Counted) -> bool:
    """Whether a term is to be prolonged by what counted in it: it has not been, and an order in it, or their sum, reaches the lock-in
    amount of its level.
    """
    if program.lock_in is None or term.extended or term.last_day is None:
        return False
    if program.lock_in_by_order:
        return counted.locking.get(term.level, 0) > 0
    level = program.level(term.level)
    return level is not None and level.lock_in_amount is not None and max(counted.total, 0) >= level.lock_in_amount
