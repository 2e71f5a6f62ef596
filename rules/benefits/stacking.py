"""Which benefits may be combined (spec 3.8)."""

from __future__ import annotations

from rules.benefits.benefit import Benefit
from rules.benefits.kinds import kind_of_benefit


def has_code(benefit: Benefit) -> bool:
    """Whether it is issued, with a code; if not, it applies by itself."""
    return benefit.issue is not None or kind_of_benefit(benefit).coded


def combine(one: Benefit, other: Benefit) -> bool:
    """Whether each allows the other."""
    return _allows(one, other) and _allows(other, one)


def _allows(benefit: Benefit, other: Benefit) -> bool:
    return benefit.stack.codes if has_code(other) else benefit.stack.automatic
