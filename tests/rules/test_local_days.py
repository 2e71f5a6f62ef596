"""The number of the local date of a time, beside the calendar's own (rules/local_days.py)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.local_days import LocalDays

# Days that begin at one o'clock or twice, a day that is lacking, clocks put forward just before midnight, and quarters of an hour.
ZONES = (
    "Europe/London",
    "UTC",
    "America/Sao_Paulo",
    "America/Havana",
    "Pacific/Apia",
    "America/Toronto",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
    "America/Scoresbysund",
)


def number(seconds: int, zone: str) -> int:
    return datetime.fromtimestamp(seconds, ZoneInfo(zone)).toordinal()


@given(st.sampled_from(ZONES), st.lists(st.integers(-2_000_000_000, 4_000_000_000), min_size=1, max_size=20))
def test_of_any_times(zone: str, times: list[int]) -> None:
    days = LocalDays(zone)
    assert [days.number(each) for each in times] == [number(each, zone) for each in times]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [1919, 2000, 2011, 2024])
def test_of_a_year_by_the_quarter_of_an_hour(zone: str, year: int) -> None:
    days, begun = LocalDays(zone), int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    times = range(begun, begun + 366 * 86_400, 900)
    assert [days.number(each) for each in times] == [number(each, zone) for each in times]
