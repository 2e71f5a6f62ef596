"""Local days, and counting them on (spec 3.4)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..times import EPOCH, to_us

Document = dict[str, Any]


def day_of(at_us: int, zone: str) -> date:
    return (EPOCH + timedelta(microseconds=at_us)).astimezone(ZoneInfo(zone)).date()


def midnight_ending(day: date, zone: str) -> int:
    following = day + timedelta(days=1)
    return to_us(datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(zone)))


def months_on(day: date, months: int) -> date:
    """The same day of a month that many later (or before); a day that the month lacks: its last."""
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    following = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def later(day: date, span: Document) -> date:
    """{days|months|years: n} on."""
    if "days" in span:
        return day + timedelta(days=span["days"])
    return months_on(day, span["months"] if "months" in span else 12 * span["years"])


def window_start(last: date, period: Document) -> date:
    """The first day of the window that ends with a day."""
    if "days" in period:
        return last - timedelta(days=period["days"] - 1)
    return months_on(last, -period["months"]) + timedelta(days=1)
