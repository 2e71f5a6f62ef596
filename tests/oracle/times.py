"""Times: text with an offset to epoch microseconds, and the midnight that ends a local day."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY_MS = 24 * 60 * 60 * 1000
DAY_US = DAY_MS * 1000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# RFC 3339, and what else says the same.
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d)(:\d\d)?(?:(?<=:\d\d)(\.\d+))?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)


def parse(value: Any) -> datetime:
    """The aware datetime of a text with an offset, or of what YAML made of one; ValueError for anything else.

    What is finer than a microsecond is cut off.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without an offset")
        return value
    parts = TIME.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise ValueError("not a time with an offset")
    day, minute, second, fraction, offset = parts.groups()
    return datetime.fromisoformat(f"{day}T{minute}{second or ':00'}{(fraction or '')[:7]}{offset.upper()}")


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
