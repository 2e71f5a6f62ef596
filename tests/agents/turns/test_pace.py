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


def answers(pace: Pace, seconds: float, many: int = 200) -> None:
    for _ in range(many):
        pace.answered(seconds)


def see_to_much(pace: Pace, seconds: float, times: int = 200) -> None:
    """So often it is seen to some, and brokers answer orders' commits twice as often."""
    for _ in range(times):
        pace.took(0.004)
        answers(pace, seconds, 2)


def rested(pace: Pace, monkeypatch: pytest.MonkeyPatch, took_seconds: float = 0.004) -> float:
    """For how many seconds what is due rests, once it took so long."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    pace.took(took_seconds)
    asyncio.run(pace.let_orders_pass())
    return max(slept)


def test_it_begins_with_as_long_a_rest_as_it_takes_and_comes_to_a_quarter(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(MOST)
    answers(pace, 0.01)
    assert rested(pace, monkeypatch) == pytest.approx(0.004, rel=0.05)
    see_to_much(pace, 0.011)
    assert rested(pace, monkeypatch) == pytest.approx(0.001)


def test_where_orders_wait_longer_for_brokers_than_before_it_rests_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(MOST)
    answers(pace, 0.01)
    see_to_much(pace, 0.03)
    assert rested(pace, monkeypatch) > 0.04
    # And no longer once they do not.
    see_to_much(pace, 0.01)
    assert rested(pace, monkeypatch) == pytest.approx(0.001)


def test_what_no_order_that_is_among_the_slowest_notices_is_not_rested_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(MOST)
    for _ in range(50):
        answers(pace, 0.001, 18)
        answers(pace, 0.02, 2)
    see_to_much(pace, 0.005)
    assert rested(pace, monkeypatch) == pytest.approx(0.001)


@pytest.mark.parametrize(("of", "is_borne"), [(16, True), (4, False)])
def test_one_in_eight_may_be_late(of: int, is_borne: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(MOST)
    answers(pace, 0.001)
    for _ in range(200):
        pace.took(0.004)
        answers(pace, 0.001, of - 1)
        answers(pace, 0.01, 1)
    assert (rested(pace, monkeypatch) < 0.004) is is_borne


def test_who_took_very_long_is_not_rested_after_for_longer_than_a_tenth_of_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(MOST)
    assert rested(pace, monkeypatch, 5.0) == pytest.approx(0.1)


def test_where_no_orders_come_it_rests_for_no_longer_than_a_quarter(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(MOST)
    answers(pace, 0.01)
    see_to_much(pace, 0.1)
    for _ in range(500):
        pace.took(0.004)
    assert rested(pace, monkeypatch) == pytest.approx(0.001)


def test_what_brokers_take_while_much_is_due_is_not_taken_for_what_they_take_without(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(MOST)
    answers(pace, 0.01)
    see_to_much(pace, 0.03, 5_000)
    # Some answers are late for it when it is over.
    answers(pace, 0.03, 60)
    see_to_much(pace, 0.03)
    assert rested(pace, monkeypatch) > 0.04


def test_until_it_is_known_what_brokers_take_without_it_half_of_the_time_is_the_orders(monkeypatch: pytest.MonkeyPatch) -> None:
    pace = Pace(MOST)
    see_to_much(pace, 0.03)
    assert rested(pace, monkeypatch) == pytest.approx(0.004)
