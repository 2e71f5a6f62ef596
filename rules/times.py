"""Times: aware datetimes outside, epoch milliseconds (UTC) inside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

DAY_MS = 86_400_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# The years 1 and 9999 are left out, so that every time can be said with any offset.
FIRST_MS = (datetime(2, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND
LAST_MS = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND - 1


def epoch_ms(time: datetime) -> int:
    """Epoch milliseconds of an aware datetime, rounded down."""
    since = time - _EPOCH
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def finer_us(time: datetime | None) -> int:
    """The microseconds of a time that its epoch milliseconds leave out; 0 where there is none."""
    return 0 if time is None else time.microsecond % 1000


def moment(time_ms: int) -> datetime:
    """The time, in UTC, of epoch milliseconds; the nearest one that has a year of four digits."""
    return _EPOCH + timedelta(milliseconds=min(max(time_ms, FIRST_MS), LAST_MS))


def iso(time: datetime) -> str:
    """`time.isoformat()` of an aware datetime, which takes four times as long."""
    text: str = msgspec.to_builtins(time)
    return text.replace("Z", "+00:00")


def at_utc(time_ms: int) -> str:
    """ISO 8601, UTC, of epoch milliseconds; see `moment`."""
    return moment(time_ms).isoformat()


def midnight_after(time_ms: int, timezone: str) -> int:
    """The midnight that ends the local day of a time, epoch ms."""
    local = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(ZoneInfo(timezone))
    tomorrow = local.date() + timedelta(days=1)
    return epoch_ms(datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZoneInfo(timezone)))
