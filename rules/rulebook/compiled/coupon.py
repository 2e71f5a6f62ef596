"""A version of a coupon, compiled (spec 2.10)."""

from __future__ import annotations

from dataclasses import dataclass

from rules.state import ALWAYS_US


@dataclass(slots=True, eq=False)
class CompiledCoupon:
    """A version of a coupon, and from when it holds. `value`: minor units."""

    code: str
    value: int
    currency: str
    holds_from_us: int = ALWAYS_US

    def hold(self, from_us: int, _until_us: int) -> None:
        """Says from when it is in force."""
        self.holds_from_us = from_us
