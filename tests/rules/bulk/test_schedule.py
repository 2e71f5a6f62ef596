"""When runs start, by the calendars of zones (spec 2.9)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.bulk.schedule import Cycle, Schedule
from rules.definitions.bulk import compile_schedule
from rules.times import epoch_ms
from tests.oracle.campaigns.calendars import periods, start_in

LONDON, SYDNEY, APIA, KOLKATA = "Europe/London", "Australia/Sydney", "Pacific/Apia", "Asia/Kolkata"


def starts(zone: str, day: date, schedule: dict[str, Any]) -> tuple[str, str]:
    """The period that has a day, and when its run starts (UTC)."""
    compiled = compile_schedule(schedule, zone)
    first = compiled.first_day(epoch_ms(datetime.combine(day, time(12), UTC)))
    start = datetime.fromtimestamp(compiled.start_ms(first) / 1000, UTC)
    return compiled.name(first), f"{start:%Y-%m-%d %H:%M}"


def daily(at: str) -> dict[str, Any]:
    return {"every": "day", "at": at}


@pytest.mark.parametrize(
    ("zone", "day", "schedule", "period", "start"),
    [
        (LONDON, date(2011, 3, 7), daily("10:00"), "2011-03-07", "2011-03-07 10:00"),
        (LONDON, date(2011, 7, 7), daily("10:00"), "2011-07-07", "2011-07-07 09:00"),
        (KOLKATA, date(2011, 7, 7), daily("10:00:30"), "2011-07-07", "2011-07-07 04:30"),
        # A time that the day lacks: that much later.
        (LONDON, date(2021, 3, 28), daily("01:30"), "2021-03-28", "2021-03-28 01:30"),
        (LONDON, date(2021, 3, 28), daily("01:00"), "2021-03-28", "2021-03-28 01:00"),
        (LONDON, date(2021, 3, 28), daily("02:00"), "2021-03-28", "2021-03-28 01:00"),
        (SYDNEY, date(2021, 10, 3), daily("02:30"), "2021-10-03", "2021-10-02 16:30"),
        # One that it has twice: the first.
        (LONDON, date(2021, 10, 31), daily("01:30"), "2021-10-31", "2021-10-31 00:30"),
        (LONDON, date(2021, 10, 31), daily("02:00"), "2021-10-31", "2021-10-31 02:00"),
        # A day that was left out.
        (APIA, date(2011, 12, 29), daily("10:00"), "2011-12-29", "2011-12-29 20:00"),
        # Weeks of ISO.
        (LONDON, date(2011, 3, 9), {"every": "week", "on": "monday", "at": "10:00"}, "2011-W10", "2011-03-07 10:00"),
        (LONDON, date(2011, 1, 1), {"every": "week", "on": "sunday", "at": "00:00"}, "2010-W52", "2011-01-02 00:00"),
        (LONDON, date(2018, 12, 31), {"every": "week", "on": "tuesday", "at": "10:00"}, "2019-W01", "2019-01-01 10:00"),
        # Days that the month lacks: its last.
        (LONDON, date(2011, 2, 1), {"every": "month", "on": 30, "at": "10:00"}, "2011-02", "2011-02-28 10:00"),
        (LONDON, date(2012, 2, 9), {"every": "month", "on": 31, "at": "10:00"}, "2012-02", "2012-02-29 10:00"),
        (LONDON, date(2011, 12, 31), {"every": "month", "on": 1, "at": "10:00"}, "2011-12", "2011-12-01 10:00"),
        (LONDON, date(2011, 3, 9), {"at": "2011-04-01T00:00:00+02:00"}, "once", "2011-03-31 22:00"),
    ],
)
def test_a_period_starts(zone: str, day: date, schedule: dict[str, Any], period: str, start: str) -> None:
    assert starts(zone, day, schedule) == (period, start)


def test_the_run_of_a_day_that_was_left_out_starts_with_that_of_the_next() -> None:
    schedule = compile_schedule(daily("10:00"), APIA)
    assert schedule.start_ms(date(2011, 12, 30)) == schedule.start_ms(date(2011, 12, 31))


CYCLES: list[dict[str, Any]] = [
    *(daily(at) for at in ("00:00", "01:30", "02:30", "23:59")),
    *({"every": "week", "on": on, "at": "02:00"} for on in ("monday", "thursday", "sunday")),
    *({"every": "month", "on": on, "at": "00:30"} for on in (1, 15, 29, 31)),
]


@given(
    schedule=st.sampled_from(CYCLES),
    zone=st.sampled_from([LONDON, SYDNEY, APIA, KOLKATA, "America/Havana", "America/Santiago"]),
    day=st.dates(date(2005, 1, 1), date(2030, 1, 1)),
)
def test_periods_are_those_of_the_second_implementation(schedule: dict[str, Any], zone: str, day: date) -> None:
    compiled = compile_schedule(schedule, zone)
    at_ms = epoch_ms(datetime.combine(day, time(5), UTC))
    first = compiled.first_day(at_ms)
    for name, first_day in islice(periods(schedule, at_ms * 1000, zone), 40):
        # The other names a period's first day by any of its days.
        assert compiled.name(first) == name
        assert compiled.start_ms(first) * 1000 == start_in(schedule, first_day, zone)
        assert compiled.before(compiled.after(first)) == first
        first = compiled.after(first)


@pytest.mark.parametrize("cycle", ["day", "week", "month"])
def test_every_period_follows_on_the_one_before(cycle: Cycle) -> None:
    schedule = Schedule(cycle, LONDON, at=time(10), on=1)
    first = schedule.first_day(epoch_ms(datetime(2019, 12, 1, tzinfo=UTC)))
    names = []
    for _ in range(800):
        names.append(schedule.name(first))
        following = schedule.after(first)
        assert schedule.first_day(schedule.start_ms(following)) == following
        assert timedelta(0) < following - first <= timedelta(days=31)
        first = following
    assert len(set(names)) == 800
