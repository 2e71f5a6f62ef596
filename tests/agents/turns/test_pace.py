"""What is due takes the worker a few milliseconds at a time, however much one member costs."""

from __future__ import annotations

import asyncio

import pytest

from agents.turns.pace import LEAST_MEMBERS, Pace

MOST = 256


@pytest.mark.parametrize(("member_seconds", "wanted"), [(0.000_000_1, MOST), (0.000_025, 120), (0.01, LEAST_MEMBERS)])
def test_as_many_members_as_a_few_milliseconds_allow(member_seconds: float, wanted: int) -> None:
    pace = Pace(MOST)
    for _ in range(20):
        pace.took(pace.members * member_seconds)
    assert pace.members == pytest.approx(wanted, abs=1)


def test_a_time_that_had_little_to_do_says_little_of_the_next() -> None:
    pace = Pace(MOST)
    pace.took(0)
    assert pace.members == 2 * LEAST_MEMBERS


def test_no_more_than_the_setting_allows() -> None:
    assert Pace(1).members == 1
    pace = Pace(10)
    pace.took(0)
    assert pace.members == 10


def test_a_turn_of_nothing_else_is_of_several_times_or_of_as_many_as_the_setting_allows() -> None:
    pace = Pace(MOST)
    assert not pace.is_worth_a_turn(LEAST_MEMBERS) and pace.is_worth_a_turn(2 * LEAST_MEMBERS)
    assert Pace(1).is_worth_a_turn(1)


def test_after_it_what_is_due_rests_for_a_quarter_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    rested: list[float] = []

    async def sleep(seconds: float) -> None:
        rested.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace = Pace(MOST)
    pace.took(0.004)
    asyncio.run(pace.let_orders_pass())
    assert max(rested) == pytest.approx(0.001)
