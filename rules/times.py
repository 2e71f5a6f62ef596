"""Times: aware datetimes outside, epoch milliseconds (UTC) inside."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

DAY_MS: Final = 86_400_000
# Local days whose beginnings are asked for are few at a time, in a few zones.
_DAYS_REMEMBERED: Final = 1_024
# What is released at once has one time, and most grants have that of the document before or the run.
_TOLD_REMEMBERED: Final = 64

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MICROSECOND: Final = timedelta(microseconds=1)
# The years 1 and 9999 are left out, so that every time can be said with any offset.
FIRST_MS: Final = (datetime(2, 1, 1, tzinfo=UTC) - EPOCH) // _MILLISECOND
LAST_MS: Final = (datetime(9999, 1, 1, tzinfo=UTC) - EPOCH) // _MILLISECOND - 1


def epoch_ms(time: datetime) -> int:
    """Epoch milliseconds of an aware datetime, rounded down."""
    since = time - EPOCH
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def epoch_us(time: datetime) -> int:
    """Epoch microseconds of an aware datetime."""
    return (time - EPOCH) // _MICROSECOND


def rounded_up_ms(time_us: int) -> int:
    """Epoch milliseconds of epoch microseconds, rounded up."""
    return -(time_us // -1000)


def moment_us(time_us: int) -> datetime:
    """The time, in UTC, of epoch microseconds."""
    return EPOCH + timedelta(microseconds=time_us)


def finer_us(time: datetime | None) -> int:
    """The microseconds of a time that its epoch milliseconds leave out; 0 where there is none."""
    return 0 if time is None else time.microsecond % 1000


@lru_cache(_TOLD_REMEMBERED)
def told_us(text: str) -> int:
    """Epoch microseconds of a time as outputs tell it, in ISO 8601; many tell of one time."""
    return epoch_us(datetime.fromisoformat(text))


def later_us(time: datetime | None, time_ms: int, other: datetime | None, other_ms: int) -> int:
    """By how much the later of two times is later than its milliseconds, which are given; 0 of one that is not."""
    own_us = finer_us(time) if time_ms >= other_ms else 0
    return max(own_us, finer_us(other)) if other_ms >= time_ms else own_us


def moment(time_ms: int) -> datetime:
    """The time, in UTC, of epoch milliseconds; the nearest one that has a year of four digits."""
    return EPOCH + timedelta(milliseconds=min(max(time_ms, FIRST_MS), LAST_MS))


def iso(time: datetime) -> str:
    """`time.isoformat()` of an aware datetime, which takes four times as long."""
    text: str = msgspec.to_builtins(time)
    return text.replace("Z", "+00:00")


def at_utc(time_ms: int) -> str:
    """ISO 8601, UTC, of epoch milliseconds; see `moment`."""
    return iso(moment(time_ms))


def midnight_after(time_ms: int, timezone: str) -> int:
    """The midnight that ends the local day of a time, epoch ms: where a day has two, the first, and where it has none, its beginning."""
    tomorrow = local_date(time_ms, timezone) + timedelta(days=1)
    begins_ms = day_begins_ms(tomorrow, timezone)
    # Clocks that went back over midnight: the day before goes on until the second one.
    return begins_ms if begins_ms > time_ms else day_begins_ms(tomorrow, timezone, fold=1)


def local_date(time_ms: int, timezone: str) -> date:
    """The local date of epoch milliseconds."""
    return moment(time_ms).astimezone(ZoneInfo(timezone)).date()


@lru_cache(maxsize=_DAYS_REMEMBERED)
def day_begins_ms(day: date, timezone: str, fold: int = 0) -> int:
    """When a local day begins, epoch ms; with fold 1, the second time."""
    return epoch_ms(datetime.combine(day, time(fold=fold), ZoneInfo(timezone)))
