"""What is so many local days or months after another, or before (spec 3.4). A day is its number (rules/local_days.py)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Final

from rules.levels.kept import NO_TIME_US
from rules.local_days import LocalDays

# Days after this have no midnight that can be said with any offset.
_LAST_DAY: Final = date(9998, 12, 30).toordinal()


def day_after(day: int, span: tuple[int, int]) -> int:
    """The day that is so many days and months after another: the same date, or of a month that lacks it the last (spec 3.4)."""
    days, months = span
    if months:
        day = _months_from(day, months)
    return min(day + days, _LAST_DAY)


def first_day(last_day: int, span: tuple[int, int]) -> int:
    """The first day of a window of so many local days, or of those after the same day that many months back, that ends with a day."""
    days, months = span
    return _months_from(last_day, -months) + 1 if months else last_day - days + 1


def first_whole_day(from_us: int, days: LocalDays) -> int:
    """The first local day that lies whole after a time (epoch us) or begins with it; where it is none, one before or after all others."""
    if abs(from_us) >= NO_TIME_US:
        return 0 if from_us < 0 else NO_TIME_US
    day = days.day_of(from_us // 1000)
    return day if days.midnight_after(day - 1) * 1000 == from_us else day + 1


def iso_day(day: int) -> str:
    """The day as 2011-12-01."""
    return date.fromordinal(day).isoformat()


def _months_from(day: int, months: int) -> int:
    at = date.fromordinal(day)
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    if year < 1:
        return 1
    if year > 9998:
        return _LAST_DAY
    return date(year, month + 1, min(at.day, monthrange(year, month + 1)[1])).toordinal()
