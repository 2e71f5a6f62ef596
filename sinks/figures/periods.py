"""Minutes, hours and days of the figures, UTC: how they are called, and how long they are kept (spec 4.6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

MINUTES, HOURS, DAYS = 1, 60, 24 * 60
_FORMATS = {MINUTES: "minute:%Y-%m-%dT%H:%M", HOURS: "hour:%Y-%m-%dT%H", DAYS: "day:%Y-%m-%d"}


class Retention(NamedTuple):
    """For how many days a minute, an hour and a day are kept."""

    minutes: int
    hours: int
    days: int


class Period(NamedTuple):
    """`name`: as in its hash's key; `ends`: when it is kept no longer, epoch seconds."""

    name: str
    ends: int


def periods(minute: int, retention: Retention) -> list[Period]:
    """Those of a minute since the epoch."""
    found = []
    for length, days in zip((MINUTES, HOURS, DAYS), retention, strict=True):
        first = minute - minute % length
        name = datetime.fromtimestamp(first * 60, UTC).strftime(_FORMATS[length])
        found.append(Period(name, (first + length) * 60 + days * 86_400))
    return found
