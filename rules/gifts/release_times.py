"""When a gift is released, and until when it holds, by the clocks of its activity's zone (spec 2.6)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules.times import LAST_MS, at_utc, day_begins_ms, local_date, midnight_after, moment

_HOUR_MS = 3_600_000
_ENDS_REMEMBERED = 1_024


def next_release_ms(time_ms: int, daily: bool, timezone: str) -> int:
    """The first midnight, or full hour, of the zone after a time (both epoch ms)."""
    return midnight_after(time_ms, timezone) if daily else full_hour_after(time_ms, timezone)


def full_hour_after(time_ms: int, timezone: str) -> int:
    """The first full hour of the zone after a time (both epoch ms); one that its clocks pass over is when they do."""
    offset_ms = _offset_ms(time_ms, timezone)
    hour_ms = _next_multiple(time_ms, offset_ms)
    then_ms = _offset_ms(hour_ms, timezone)
    if then_ms > offset_ms or (hour_ms + then_ms) % _HOUR_MS == 0:
        return hour_ms
    # They were put back by less than an hour, just before it was one.
    return _next_multiple(hour_ms, then_ms)


def last_second(claimed_ms: int, days: int, timezone: str) -> str:
    """The last second of the n-th local day after that of a time (epoch ms); of all time, where it would be later."""
    return _last_second(local_date(claimed_ms, timezone), days, timezone)


class LastSeconds:
    """Of what is valid for a number of local days: `last_second` of times that follow one another, which mostly fall into one day."""

    __slots__ = ("_days", "_from_ms", "_text", "_timezone", "_until_ms")

    def __init__(self, days: int, timezone: str) -> None:
        self._days = days
        self._timezone = timezone
        self._from_ms = self._until_ms = 0
        self._text = ""

    def of(self, claimed_ms: int) -> str:
        """See `last_second`."""
        if not self._from_ms <= claimed_ms < self._until_ms:
            day, timezone = local_date(claimed_ms, self._timezone), self._timezone
            # Between its last beginning and the first one of the next it is that day, whatever its clocks do.
            self._from_ms = max(day_begins_ms(day, timezone), day_begins_ms(day, timezone, fold=1))
            self._until_ms = day_begins_ms(day + timedelta(days=1), timezone)
            self._text = _last_second(day, self._days, timezone)
        return self._text


@lru_cache(maxsize=_ENDS_REMEMBERED)
def _last_second(day: date, days: int, timezone: str) -> str:
    try:
        ends_ms = day_begins_ms(day + timedelta(days=days + 1), timezone)
    except OverflowError:
        ends_ms = LAST_MS + 1
    return at_utc(ends_ms - 1_000)


def _offset_ms(time_ms: int, timezone: str) -> int:
    offset = moment(time_ms).astimezone(ZoneInfo(timezone)).utcoffset()
    assert offset is not None
    return offset // timedelta(milliseconds=1)


def _next_multiple(time_ms: int, offset_ms: int) -> int:
    """The first full hour after a time, by clocks that are so far ahead of UTC."""
    return ((time_ms + offset_ms) // _HOUR_MS + 1) * _HOUR_MS - offset_ms
