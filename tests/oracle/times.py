"""Times: text with an offset to epoch microseconds, and the midnight that ends a local day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY_MS = 24 * 60 * 60 * 1000
DAY_US = DAY_MS * 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def parse(value: Any) -> datetime:
    """The aware datetime of an RFC 3339 text, or of what YAML made of one; ValueError for anything else.

    What is finer than a microsecond is cut off.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without an offset")
        return value
    parts = RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise ValueError("not a time with an offset")
    clock, fraction, offset = parts.groups()
    return datetime.fromisoformat(clock + (fraction or "")[:7] + offset)


def to_us(moment: datetime) -> int:
    """Epoch microseconds."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def to_ms(moment: datetime) -> int:
    """Epoch milliseconds."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def midnight_after(moment_ms: int, timezone: str) -> int:
    """Epoch ms of the midnight that ends the local day of `moment_ms`."""
    local = (EPOCH + timedelta(milliseconds=moment_ms)).astimezone(ZoneInfo(timezone))
    tomorrow = local.date() + timedelta(days=1)
    return to_ms(datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZoneInfo(timezone)))
