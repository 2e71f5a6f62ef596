"""A level of a version of a program, compiled (spec 3.1, 3.5, 3.8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rules.benefits.compiled import CompiledBenefits

NO_BENEFITS: Final = CompiledBenefits()
# Local days, and months.
Span = tuple[int, int]


@dataclass(slots=True, eq=False)
class UpgradePoints:
    """A benefit of a level: points for whoever gains it for the first time; or pays for it, with `paid_only` (spec 3.8)."""

    code: str
    points: int
    paid_only: bool


@dataclass(slots=True, eq=False)
class CompiledLevel:
    """A rung of the ladder, in the ladder's order. `threshold`, `lock_in_amount`: None where spending does not reach it. `paid_validity`:
    None: for good.
    """

    code: str
    enabled: bool
    threshold: int | None
    lock_in_amount: int | None = None
    paid_for: bool = False
    price: int | None = None
    prices: Mapping[str, int] = field(default_factory=dict)
    paid_validity: Span | None = None
    upgrade_points: tuple[UpgradePoints, ...] = ()
    benefits: CompiledBenefits = NO_BENEFITS
    # Its name, and those of its benefits, and of these that are discounts, as members are told.
    name: str = ""
    shown: tuple[str, ...] = ()
    discounts: tuple[str, ...] = ()
