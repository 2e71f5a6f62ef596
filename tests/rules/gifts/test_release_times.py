"""Full hours, midnights and last seconds by the clocks of zones that do unusual things (spec 2.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.gifts.release_times import LastSeconds, full_hour_after, last_second
from rules.times import at_utc, epoch_ms, midnight_after

ZONES = [
    "UTC",
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "America/St_Johns",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Asia/Beirut",
]


def _ms(text: str) -> int:
    return epoch_ms(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("zone", "time", "hour"),
    [
        ("UTC", "2021-01-01T10:00:00+00:00", "2021-01-01T11:00:00+00:00"),
        ("UTC", "2021-01-01T10:59:59.999+00:00", "2021-01-01T11:00:00+00:00"),
        # Half and three quarters of an hour ahead.
        ("Asia/Kolkata", "2021-01-01T10:00:00+00:00", "2021-01-01T10:30:00+00:00"),
        ("Asia/Kolkata", "2021-01-01T10:30:00+00:00", "2021-01-01T11:30:00+00:00"),
        ("Asia/Kathmandu", "2021-01-01T10:00:00+00:00", "2021-01-01T10:15:00+00:00"),
        # Summer time begins: 1 o'clock is passed over. It ends: there are two.
        ("Europe/London", "2021-03-28T00:30:00+00:00", "2021-03-28T01:00:00+00:00"),
        ("Europe/London", "2021-10-31T00:30:00+00:00", "2021-10-31T01:00:00+00:00"),
        ("Europe/London", "2021-10-31T01:00:00+00:00", "2021-10-31T02:00:00+00:00"),
        # By half an hour: 2 o'clock is passed over, at 02:00; put back at 02:00, which comes half an hour later.
        ("Australia/Lord_Howe", "2021-10-02T15:10:00+00:00", "2021-10-02T15:30:00+00:00"),
        ("Australia/Lord_Howe", "2021-10-02T15:30:00+00:00", "2021-10-02T16:00:00+00:00"),
        ("Australia/Lord_Howe", "2021-04-03T14:40:00+00:00", "2021-04-03T15:30:00+00:00"),
    ],
)
def test_the_first_full_hour_after(zone: str, time: str, hour: str) -> None:
    assert full_hour_after(_ms(time), zone) == _ms(hour)


@pytest.mark.parametrize(
    ("zone", "time", "midnight"),
    [
        ("UTC", "2021-01-01T00:00:00+00:00", "2021-01-02T00:00:00+00:00"),
        ("UTC", "2021-01-01T23:59:59.999+00:00", "2021-01-02T00:00:00+00:00"),
        ("America/New_York", "2021-01-01T04:59:00+00:00", "2021-01-01T05:00:00+00:00"),
        ("Europe/London", "2021-03-27T10:00:00+00:00", "2021-03-28T00:00:00+00:00"),
        ("Europe/London", "2021-03-28T10:00:00+00:00", "2021-03-28T23:00:00+00:00"),
        # A day without a midnight begins at 1 o'clock.
        ("America/Sao_Paulo", "2018-11-03T12:00:00+00:00", "2018-11-04T03:00:00+00:00"),
        # 23 o'clock twice; midnight twice, of which the first counts.
        ("America/Sao_Paulo", "2018-02-18T01:30:00+00:00", "2018-02-18T03:00:00+00:00"),
        ("America/Sao_Paulo", "2018-02-18T02:30:00+00:00", "2018-02-18T03:00:00+00:00"),
        ("America/Havana", "2021-11-06T12:00:00+00:00", "2021-11-07T04:00:00+00:00"),
        ("America/Havana", "2021-11-07T04:30:00+00:00", "2021-11-08T05:00:00+00:00"),
        # Put back to the day before, a minute after midnight.
        ("America/St_Johns", "2010-11-07T02:00:00+00:00", "2010-11-07T02:30:00+00:00"),
        ("America/St_Johns", "2010-11-07T03:00:00+00:00", "2010-11-07T03:30:00+00:00"),
        # A day that there was not.
        ("Pacific/Apia", "2011-12-30T09:00:00+00:00", "2011-12-30T10:00:00+00:00"),
    ],
)
def test_the_first_midnight_after(zone: str, time: str, midnight: str) -> None:
    assert at_utc(midnight_after(_ms(time), zone)) == midnight


@pytest.mark.parametrize(
    ("zone", "claimed", "days", "last"),
    [
        ("Europe/London", "2021-01-01T00:00:00+00:00", 7, "2021-01-08T23:59:59+00:00"),
        ("Europe/London", "2021-01-01T23:59:59.999+00:00", 1, "2021-01-02T23:59:59+00:00"),
        ("Europe/London", "2021-03-28T00:00:00+00:00", 7, "2021-04-04T22:59:59+00:00"),
        ("America/New_York", "2021-01-02T05:00:00+00:00", 7, "2021-01-10T04:59:59+00:00"),
        # The day after lacks its midnight.
        ("America/Sao_Paulo", "2018-11-02T12:00:00+00:00", 1, "2018-11-04T02:59:59+00:00"),
        ("UTC", "2021-01-01T00:00:00+00:00", 2**53, "9998-12-31T23:59:59+00:00"),
    ],
)
def test_a_relative_validity_ends_with_the_last_second_of_its_last_day(zone: str, claimed: str, days: int, last: str) -> None:
    assert last_second(_ms(claimed), days, zone) == last


@given(
    st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
)
def test_they_are_the_first_minute_at_which_the_clocks_say_so(time: datetime, zone: str) -> None:
    """Walked minute by minute, which is slow and plain."""
    there = ZoneInfo(zone)
    minute = time.replace(second=0, microsecond=0)
    hour = midnight = None
    today = time.astimezone(there)
    before = minute.astimezone(there)
    while hour is None or midnight is None:
        minute += timedelta(minutes=1)
        local = minute.astimezone(there)
        jumped = local.replace(tzinfo=None) - before.replace(tzinfo=None) > timedelta(minutes=1)
        if hour is None and (local.minute == 0 or (jumped and local.minute and before.minute == 59)):
            hour = minute
        if midnight is None and local.date() > today.date() and local.date() > before.date():
            midnight = minute
        before = local
    assert full_hour_after(epoch_ms(time), zone) == epoch_ms(hour)
    assert midnight_after(epoch_ms(time), zone) == epoch_ms(midnight)


@given(
    st.lists(st.datetimes(datetime(2010, 10, 30), datetime(2010, 11, 9), timezones=st.just(UTC)), min_size=1),
    st.sampled_from(ZONES),
    st.integers(1, 9),
)
def test_remembering_a_days_end_changes_none(times: list[datetime], zone: str, days: int) -> None:
    remembering = LastSeconds(days, zone)
    for time in times:
        assert remembering.of(epoch_ms(time)) == last_second(epoch_ms(time), days, zone)
