"""What a benefit takes off a cart (spec 3.10)."""

from __future__ import annotations

from msgspec import Struct

# A percentage is kept in hundredths of one, so that money is reckoned in whole numbers.
_WHOLE = 100_00


class Worth(Struct, frozen=True):
    """Off the sum of a cart's lines: a part, in hundredths of a percent, or an amount in minor units; or its delivery fee."""

    hundredths: int = 0
    amount: int = 0
    delivery: bool = False

    def off(self, lines_amount: int) -> int:
        """What it takes off lines that come to so much, rounded down; never more than they are."""
        return min(lines_amount * self.hundredths // _WHOLE + self.amount, lines_amount)


def hundredths(percentage: float) -> int | None:
    """Hundredths of a percent; None where it has more than two decimals."""
    found = round(percentage * 100)
    return found if found / 100 == percentage else None
