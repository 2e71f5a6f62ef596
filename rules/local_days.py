"""Local dates of very many times, as numbers: a time whose day was asked for before costs no calendar (spec 5)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules.times import day_begins_ms

_DAY = timedelta(days=1)
_DAY_SECONDS = 86_400
_EPOCH_DAY = date(1970, 1, 1).toordinal()
# Days of a zone that are remembered: of 27 years.
_REMEMBERED_MAX = 10_000
_ZONES = 32


class LocalDays:
    """The days of one zone."""

    __slots__ = ("_offset_seconds", "_span", "_timezone", "_zone")

    def __init__(self, timezone: str) -> None:
        self._timezone = timezone
        self._zone = ZoneInfo(timezone)
        # What its clocks were once ahead of UTC: by that most days are guessed.
        offset = datetime(2000, 1, 1, tzinfo=UTC).astimezone(self._zone).utcoffset()
        assert offset is not None
        self._offset_seconds = offset // timedelta(seconds=1)
        # By guessed day, from when (inclusive) to when it is that day, whatever clocks do: seconds since the epoch.
        self._span: dict[int, tuple[int, int]] = {}

    def number(self, seconds: int) -> int:
        """`toordinal()` of the local date of a time, in seconds since the epoch."""
        day = (seconds + self._offset_seconds) // _DAY_SECONDS + _EPOCH_DAY
        span = self._span.get(day)
        if span is None:
            span = self._find(day)
        if span[0] <= seconds < span[1]:
            return day
        return datetime.fromtimestamp(seconds, self._zone).toordinal()

    def _find(self, day: int) -> tuple[int, int]:
        if len(self._span) >= _REMEMBERED_MAX:
            self._span.clear()
        local = date.fromordinal(day)
        # Between the last time at which it may begin and the first at which the next may.
        span = self._span[day] = (-(-max(self._begins_ms(local)) // 1000), min(self._begins_ms(local + _DAY)) // 1000)
        return span

    def _begins_ms(self, day: date) -> tuple[int, int]:
        return day_begins_ms(day, self._timezone), day_begins_ms(day, self._timezone, fold=1)


@lru_cache(_ZONES)
def local_days(timezone: str) -> LocalDays:
    """Those of a zone."""
    return LocalDays(timezone)
