"""A version of a coupon, compiled (spec 2.10)."""

from __future__ import annotations

from dataclasses import dataclass

from rules.state import ALWAYS_MS
from rules.times import rounded_up_ms


@dataclass(slots=True, eq=False)
class CompiledCoupon:
    """A version of a coupon, and from when it holds. `value`: minor units."""

    code: str
    value: int
    currency: str
    holds_from_ms: int = ALWAYS_MS

    def hold(self, from_us: int, _until_us: int) -> None:
        """Says from when it is in force."""
        self.holds_from_ms = rounded_up_ms(from_us)
