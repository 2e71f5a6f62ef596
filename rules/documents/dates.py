"""Dates of business as tills write them: 2026-03-01, or its digits 20260301 as text or as a number (spec 1.1)."""

from __future__ import annotations

from typing import Final

DIGITS_OF_A_DATE: Final = 8


def dashed(date: str) -> str:
    """20260301 as 2026-03-01; all else as it is."""
    if len(date) == DIGITS_OF_A_DATE and date.isascii() and date.isdigit():
        return f"{date[:4]}-{date[4:6]}-{date[6:]}"
    return date
