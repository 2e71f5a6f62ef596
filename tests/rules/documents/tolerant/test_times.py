"""Times as others write them (spec 1.1)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from rules.documents.tolerant.times import NoTime, read_time
from rules.times import epoch_ms

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02T10:00:00+00:00", "2026-03-02T10:00:00"),
        ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00"),
        ("2026-03-02t10:00:00z", "2026-03-02T10:00:00"),
        ("2026-03-02 10:00:00-05:30", "2026-03-02T15:30:00"),
        ("2026-03-02T10:00:00+0530", "2026-03-02T04:30:00"),
        ("2026-03-02T10:00+01", "2026-03-02T09:00:00"),
        ("2026-03-02T10:00:00,5Z", "2026-03-02T10:00:00.500000"),
        # Cut off, never rounded: not past midnight, nor before 1970.
        ("2026-03-02T23:59:59.9999999+00:00", "2026-03-02T23:59:59.999999"),
        ("2026-03-02T23:59:59.99999999999999999999999999+00:00", "2026-03-02T23:59:59.999999"),
        ("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999"),
        ("0002-01-01T00:00:00.0000009Z", "0002-01-01T00:00:00"),
    ],
)
def test_a_time_is_an_instant_cut_off_to_the_microsecond(text: str, utc: str) -> None:
    assert read_time(text, None) == datetime.fromisoformat(utc + "+00:00")


def test_milliseconds_of_a_time_before_1970_are_rounded_down_as_well() -> None:
    assert epoch_ms(read_time("1969-12-31T23:59:59.9999999Z", None)) == -1
    assert epoch_ms(read_time("1969-12-31T23:59:59.9990001Z", None)) == -1
    assert epoch_ms(read_time("1969-12-31T23:59:59.9989999Z", None)) == -2


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-02T10:00:00", "2026-01-02T10:00:00"),
        ("2026-07-02T10:00:00", "2026-07-02T09:00:00"),
        # The zone lacks it: that much later. It has it twice: the first.
        ("2026-03-29T01:30:00", "2026-03-29T01:30:00"),
        ("2026-10-25T01:30:00", "2026-10-25T00:30:00"),
        ("2026-07-02T10:00:00Z", "2026-07-02T10:00:00"),
    ],
)
def test_a_time_without_an_offset_is_of_the_zone(text: str, utc: str) -> None:
    assert read_time(text, LONDON).astimezone(UTC) == datetime.fromisoformat(utc + "+00:00")


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T10:00:00",
        "2026-03-02",
        "2026-02-29T10:00:00Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T10:60:00Z",
        "2026-03-02T10:00:60Z",
        "2026-03-02T10:00:00+24:00",
        "2026-03-02T10:00:00+00:60",
        "0000-03-02T10:00:00Z",
        "2026-W10-1T10:00:00Z",
        "20260302T100000Z",
        "２０２６-03-02T10:00:00Z",
        " 2026-03-02T10:00:00Z",
        "now",
        "",
    ],
)
def test_what_is_no_time_says_what_one_is(text: str) -> None:
    with pytest.raises(NoTime, match="a time"):
        read_time(text, None)
