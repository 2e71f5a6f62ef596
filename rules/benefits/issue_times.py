"""When a benefit is issued by the calendar: at the midnight that begins a local day (spec 3.8)."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from rules.benefits.issue import Issue
from rules.local_days import LocalDays
from rules.state import NEVER_MS

# Whoever comes to hold a level on one day waits for the same.
_DAYS_REMEMBERED = 1_024
_LAST_YEAR = 9_997


def next_issue_ms(issue: Issue, days: LocalDays, after_ms: int) -> int:
    """The first time after another (epoch ms)."""
    day = _next_day(issue, days.day_of(after_ms))
    return NEVER_MS if day is None else days.midnight_after(day - 1)


@lru_cache(_DAYS_REMEMBERED)
def _next_day(issue: Issue, after: int) -> int | None:
    """The first day after another; None at the end of time."""
    year = date.fromordinal(after).year
    days = _yearly(issue.yearly, year) if issue.yearly is not None else _monthly(issue.every_months or 1, issue.day or 1, year)
    return next((day for day in days if day > after), None)


def _yearly(month_day: str, from_year: int) -> Iterator[int]:
    month, day = int(month_day[:2]), int(month_day[3:])
    for year in range(from_year, _LAST_YEAR):
        yield _day(year, month, day)


def _monthly(every: int, day: int, from_year: int) -> Iterator[int]:
    """In every n-th month, counted from the January of a year 0."""
    first = -(-from_year * 12 // every) * every
    for months in range(first, _LAST_YEAR * 12, every):
        year, month = divmod(months, 12)
        yield _day(year, month + 1, day)


def _day(year: int, month: int, day: int) -> int:
    """That day of a month; of one that lacks it, the last."""
    return date(year, month, min(day, monthrange(year, month)[1])).toordinal()
