"""When the runs of a bulk are to start: once, or in every day, week or month, by the calendar of a zone (spec 2.9)."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from rules.times import epoch_ms, moment

Cycle = Literal["once", "day", "week", "month"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Schedule:
    """`once_ms`: of one that starts once. Of the others: `at` by the clocks of the zone, on weekday `on` (0 is Monday) or day `on` of the
    month (1 to 31; of one that lacks it, the last). A period is known by its first day; of `once` that is any.
    """

    cycle: Cycle
    timezone: str
    once_ms: int = 0
    at: time = time()
    on: int = 0

    def first_day(self, time_ms: int) -> date:
        """The first day of the period that a time is in."""
        day = moment(time_ms).astimezone(ZoneInfo(self.timezone)).date()
        if self.cycle == "week":
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self.cycle == "month" else day

    def before(self, first_day: date) -> date:
        """The first day of the period before."""
        return _first_of_month(first_day - timedelta(days=1)) if self.cycle == "month" else first_day - self._length()

    def after(self, first_day: date) -> date:
        """The first day of the period after."""
        return _first_of_month(first_day + timedelta(days=31)) if self.cycle == "month" else first_day + self._length()

    def name(self, first_day: date) -> str:
        """What a period is known by: `once`, 2011-03-07, 2011-W10 (ISO) or 2011-03."""
        if self.cycle == "once":
            return "once"
        if self.cycle == "week":
            year, week, _ = first_day.isocalendar()
            return f"{year:04}-W{week:02}"
        return f"{first_day:%Y-%m}" if self.cycle == "month" else first_day.isoformat()

    def start_ms(self, first_day: date) -> int:
        """When the run of a period is to start: at a time that the day lacks, that much later; at one that it has twice, the first."""
        if self.cycle == "once":
            return self.once_ms
        day = first_day
        if self.cycle == "week":
            day += timedelta(days=self.on)
        elif self.cycle == "month":
            day = day.replace(day=min(self.on, monthrange(day.year, day.month)[1]))
        # Which is what a fold of 0 means of both.
        return epoch_ms(datetime.combine(day, self.at, ZoneInfo(self.timezone)).astimezone(UTC))

    def _length(self) -> timedelta:
        return timedelta(days=7 if self.cycle == "week" else 1)


def _first_of_month(day: date) -> date:
    return day.replace(day=1)
