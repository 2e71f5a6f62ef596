"""Local days, and what is so many days or months after them (spec 3.4). A day is its number, as `datetime.date.toordinal` has it."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from rules.levels.kept import NO_TIME_US
from rules.times import epoch_ms, moment

# Days after this have no midnight that can be said with any offset.
_LAST_DAY: Final = date(9998, 12, 30).toordinal()
# Since then (1973) no local day begins within a minute.
_WHOLE_MINUTES_FROM_MS: Final = 94_694_400_000
_MINUTE_MS: Final = 60_000
# Documents of one minute come together.
_MINUTES: Final = 8_192
# Midnights that are asked for again and again: many members' terms end with the same days.
_MIDNIGHTS: Final = 4_096


def day_of(time_ms: int, zone: ZoneInfo) -> int:
    """The local day of a time (epoch ms)."""
    if time_ms < _WHOLE_MINUTES_FROM_MS:
        return moment(time_ms).astimezone(zone).toordinal()
    return _day_of_minute(time_ms // _MINUTE_MS, zone)


@lru_cache(_MINUTES)
def _day_of_minute(minute: int, zone: ZoneInfo) -> int:
    return moment(minute * _MINUTE_MS).astimezone(zone).toordinal()


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


@lru_cache(_MIDNIGHTS)
def midnight_after(day: int, zone: ZoneInfo) -> int:
    """The midnight (epoch ms) that ends a local day."""
    tomorrow = date.fromordinal(day + 1)
    return epoch_ms(datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone))


def first_whole_day(from_us: int, zone: ZoneInfo) -> int:
    """The first local day that lies whole after a time (epoch us) or begins with it; where it is none, one before or after all others."""
    if abs(from_us) >= NO_TIME_US:
        return 0 if from_us < 0 else NO_TIME_US
    day = day_of(from_us // 1000, zone)
    return day if midnight_after(day - 1, zone) * 1000 == from_us else day + 1


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
