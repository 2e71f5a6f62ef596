"""Times as others write them: any number of decimals, which are cut off, and without an offset where a zone is named (spec 1.1)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]+))?)?"
    r"(?:([Zz])|([+-])([0-9]{2})(?::?([0-9]{2}))?)?",
    re.ASCII,
)
_MICROSECOND_DIGITS = 6
_UNZONED = "a time with an offset, such as 2026-03-01T08:26:00+00:00"


class NoTime(Exception):
    """Text that is no time: the message says what was expected."""


def read_time(text: str, zone: tzinfo | None) -> datetime:
    """An aware time, cut off to the microsecond. `zone`: whose clock it is told by where it has no offset; a time that the zone lacks is
    that much later, and of one that it has twice it is the first. Raises NoTime.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise NoTime(_UNZONED)
    year, month, day, hour, minute, second, fraction, utc, sign, hours, minutes = found.groups()
    microsecond = int(fraction[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")) if fraction else 0
    if utc or sign:
        offset: tzinfo | None = UTC if utc else _offset(sign, int(hours), int(minutes or 0))
    else:
        offset = zone
    if offset is None:
        raise NoTime(_UNZONED)
    try:
        return datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), microsecond, offset)
    except ValueError as error:
        raise NoTime(f"a time that there is ({error})") from error


def _offset(sign: str, hours: int, minutes: int) -> tzinfo:
    if hours > 23 or minutes > 59:
        raise NoTime(_UNZONED)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == "-" else offset)
