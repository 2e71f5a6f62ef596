"""Local calendars: full hours, midnights, ends of days, and when a run starts (spec 2.6, 2.9). Times are epoch microseconds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..times import EPOCH, parse, to_us

Document = dict[str, Any]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOUR = timedelta(hours=1)


def local(at_us: int, zone: str) -> datetime:
    return (EPOCH + timedelta(microseconds=at_us)).astimezone(ZoneInfo(zone))


def instant(day: date, clock: time, zone: str) -> int:
    """Of a time that the day lacks, that much later; of one that it has twice, the first."""
    return to_us(datetime.combine(day, clock, tzinfo=ZoneInfo(zone)))


def next_hour(at_us: int, zone: str) -> int:
    """The first full local hour after; looked for minute by minute, since clocks are set by odd amounts."""
    minute = at_us // 60_000_000 * 60_000_000
    while True:
        minute += 60_000_000
        shown = local(minute, zone)
        if shown.minute == 0 and shown.second == 0:
            return minute


def next_midnight(at_us: int, zone: str) -> int:
    """Where a day has no midnight, the first moment that it has."""
    day = local(at_us, zone).date()
    while True:
        day += timedelta(days=1)
        found = instant(day, time(), zone)
        if found > at_us:
            return found


def last_second_of_day(at_us: int, days: int, zone: str) -> int:
    """The last second of the local day that is so many days after."""
    return next_midnight(instant(local(at_us, zone).date() + timedelta(days=days), time(12), zone), zone) - 1_000_000


def cycle(schedule: Document) -> str:
    return str(schedule.get("every", "once"))


def periods(schedule: Document, from_us: int, zone: str) -> Iterator[tuple[str, date]]:
    """The names of the periods from one time on, for three years, each with its first day."""
    day, every = local(from_us, zone).date(), cycle(schedule)
    match every:
        case "once":
            yield "once", day
        case "day":
            for number in range(1100):
                each = day + timedelta(days=number)
                yield f"{each:%Y-%m-%d}", each
        case "week":
            monday = day - timedelta(days=day.weekday())
            for number in range(160):
                each = monday + timedelta(days=7 * number)
                yield f"{each.isocalendar().year}-W{each.isocalendar().week:02}", each
        case _:
            for number in range(36):
                each = date(day.year + (day.month - 1 + number) // 12, (day.month - 1 + number) % 12 + 1, 1)
                yield f"{each:%Y-%m}", each


def start_in(schedule: Document, first_day: date, zone: str) -> int:
    """When the run of a period is to start."""
    every = cycle(schedule)
    if every == "once":
        return to_us(parse(schedule["at"]))
    day = first_day
    if every == "week":
        day += timedelta(days=WEEKDAYS.index(schedule["on"]))
    elif every == "month":
        following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        day = min(day.replace(day=1) + timedelta(days=schedule["on"] - 1), following - timedelta(days=1))
    return instant(day, time.fromisoformat(schedule["at"]), zone)
