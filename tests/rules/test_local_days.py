"""Local days of times, and when they end, beside the calendar's own (rules/local_days.py)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.local_days import LocalDays
from rules.times import DAY_MS, FIRST_MS, LAST_MS

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


def day_of(time_ms: int, zone: str) -> int:
    return datetime.fromtimestamp(time_ms // 1000, ZoneInfo(zone)).toordinal()


def midnight_after(day: int, zone: str) -> int:
    """The first time at which the next day begins, by the calendar."""
    at = date.fromordinal(day + 1)
    return int(datetime(at.year, at.month, at.day, tzinfo=ZoneInfo(zone)).timestamp()) * 1000


@given(st.sampled_from(ZONES), st.lists(st.integers(-2_000_000_000_000, 4_000_000_000_000), min_size=1, max_size=20))
def test_of_any_times(zone: str, times: list[int]) -> None:
    days = LocalDays(zone)
    assert [days.day_of(each) for each in times] == [day_of(each, zone) for each in times]
    found = [days.day_of(each) for each in times]
    assert [days.midnight_after(each) for each in found] == [midnight_after(each, zone) for each in found]


@given(st.sampled_from(ZONES), st.integers(-25_000, 40_000), st.integers(-7_200_000, 7_200_000))
def test_of_any_times_about_a_midnight(zone: str, day: int, beside_ms: int) -> None:
    days = LocalDays(zone)
    time_ms = days.midnight_after(date(1970, 1, 1).toordinal() + day) + beside_ms
    assert days.day_of(time_ms) == day_of(time_ms, zone)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [1919, 2000, 2011, 2024])
def test_of_a_year_by_the_quarter_of_an_hour(zone: str, year: int) -> None:
    days, begun = LocalDays(zone), int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000
    times = range(begun, begun + 366 * 86_400_000, 900_000)
    assert [days.day_of(each) for each in times] == [day_of(each, zone) for each in times]


def test_at_the_ends_of_time() -> None:
    for zone in ZONES:
        for time_ms in (FIRST_MS, LAST_MS - 400 * DAY_MS):
            assert LocalDays(zone).day_of(time_ms) == day_of(time_ms, zone)
