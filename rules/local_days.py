"""The local days of one zone, found for very many times without a calendar (spec 3.4, 5). A day is its number, as `date.toordinal` has it;
times are epoch ms.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from rules.times import DAY_MS, day_begins_ms

# The number of 1 January 1970.
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
# Days that are remembered of a zone: of 27 years.
_REMEMBERED_MAX: Final = 10_000
_ZONES: Final = 32


class LocalDays:
    """The days of one zone, by its name."""

    __slots__ = ("_ends_ms", "_offset_ms", "_spans", "_timezone", "_zone")

    def __init__(self, timezone: str) -> None:
        self._timezone = timezone
        self._zone = ZoneInfo(timezone)
        # What its clocks were once ahead of UTC: by that most days are guessed, and the others are the next to it.
        self._offset_ms = _EPOCH_DAY * DAY_MS + DAY_MS - day_begins_ms(date.fromordinal(_EPOCH_DAY + 1), timezone)
        # By day, from when (inclusive) to when it is that day, whatever clocks do.
        self._spans: dict[int, tuple[int, int]] = {}
        self._ends_ms: dict[int, int] = {}

    def day_of(self, time_ms: int) -> int:
        """The local day of a time."""
        day = (time_ms + self._offset_ms) // DAY_MS
        span = self._spans.get(day)
        if span is None:
            span = self._span(day)
        if time_ms >= span[1]:
            day += 1
        elif time_ms < span[0]:
            day -= 1
        else:
            return day
        span = self._spans.get(day) or self._span(day)
        if span[0] <= time_ms < span[1]:
            return day
        # Clocks went back over midnight, or by more than a day.
        return datetime.fromtimestamp(time_ms // 1000, self._zone).toordinal()

    def midnight_after(self, day: int) -> int:
        """The midnight that ends a day: where the next begins twice, the first; where that has none, its beginning."""
        ends_ms = self._ends_ms.get(day)
        if ends_ms is None:
            if len(self._ends_ms) >= _REMEMBERED_MAX:
                self._ends_ms.clear()
            ends_ms = self._ends_ms[day] = day_begins_ms(date.fromordinal(day + 1), self._timezone)
        return ends_ms

    def _span(self, day: int) -> tuple[int, int]:
        if len(self._spans) >= _REMEMBERED_MAX:
            self._spans.clear()
        # Between the last time at which it may begin and the first at which the next may.
        span = self._spans[day] = (max(self._begins_ms(day)), min(self._begins_ms(day + 1)))
        return span

    def _begins_ms(self, day: int) -> tuple[int, int]:
        local = date.fromordinal(day)
        return day_begins_ms(local, self._timezone), day_begins_ms(local, self._timezone, fold=1)


@lru_cache(_ZONES)
def local_days(timezone: str) -> LocalDays:
    """Those of a zone."""
    return LocalDays(timezone)
