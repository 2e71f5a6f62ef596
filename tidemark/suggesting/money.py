"""Money as a person reads it."""

from __future__ import annotations

from decimal import Decimal

from rules.currencies import MINOR_UNITS


def money(amount: int, currency: str) -> str:
    """An amount in minor units: 1,234.50 GBP; whole ones without decimals."""
    figure = Decimal(amount).scaleb(-MINOR_UNITS.get(currency, 2))
    whole = figure == figure.to_integral_value()
    return f"{int(figure):,} {currency}" if whole else f"{figure:,} {currency}"
