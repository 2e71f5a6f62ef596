"""Who is due is found in time, each once, whatever came and went meanwhile; memory follows those with something due."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.state import NEVER_MS
from tables.timers import Timers

IDS = st.sampled_from("abcdef")
TIMES = st.sampled_from([1, 2, 3, 50, NEVER_MS])


def drained(timers: Timers, now_ms: int) -> list[str]:
    found = []
    while (member_id := timers.due(now_ms)) is not None:
        found.append(member_id)
    return found


@given(st.lists(st.tuples(IDS, TIMES), max_size=40), st.integers(0, 60))
def test_exactly_those_are_found_whose_time_has_come(moves: list[tuple[str, int]], now_ms: int) -> None:
    timers = Timers()
    due: dict[str, int] = {}
    for member_id, due_ms in moves:
        timers.move(member_id, due.get(member_id, NEVER_MS), due_ms)
        due[member_id] = due_ms
    assert timers.next_due_ms() == min(due.values(), default=NEVER_MS)
    assert len(timers) == sum(due_ms != NEVER_MS for due_ms in due.values())
    found = drained(timers, now_ms)
    assert sorted(found) == sorted(member_id for member_id, due_ms in due.items() if due_ms <= now_ms)
    # The earliest first.
    assert [due[member_id] for member_id in found] == sorted(due[member_id] for member_id in found)
    # None of it was settled: it is due again.
    timers.end_turn()
    assert sorted(drained(timers, now_ms)) == sorted(found)


@given(st.lists(st.tuples(IDS, TIMES), max_size=40), st.integers(0, 60), st.integers(1, 4))
def test_some_together_are_of_one_time_and_all_are_found(moves: list[tuple[str, int]], now_ms: int, most: int) -> None:
    timers = Timers()
    due: dict[str, int] = {}
    for member_id, due_ms in moves:
        timers.move(member_id, due.get(member_id, NEVER_MS), due_ms)
        due[member_id] = due_ms
    found: list[str] = []
    while some := timers.due_together(now_ms, most):
        assert len(some) <= most and len({due[member_id] for member_id in some}) == 1
        found += some
    assert sorted(found) == sorted(member_id for member_id, due_ms in due.items() if due_ms <= now_ms)
    assert [due[member_id] for member_id in found] == sorted(due[member_id] for member_id in found)
    timers.end_turn()
    assert sorted(drained(timers, now_ms)) == sorted(found)


def test_who_is_settled_is_given_out_again_at_his_next_time_only() -> None:
    timers = Timers()
    timers.move("ann", NEVER_MS, 5)
    timers.move("bob", NEVER_MS, 5)
    assert sorted(drained(timers, 5)) == ["ann", "bob"]
    timers.move("ann", 5, 9)
    timers.move("bob", 5, NEVER_MS)
    timers.end_turn()
    assert timers.next_due_ms() == 9 and drained(timers, 8) == [] and drained(timers, 9) == ["ann"]


def test_who_is_set_aside_holds_nobody_up_and_comes_back_when_he_is_moved() -> None:
    timers = Timers()
    timers.move("ann", NEVER_MS, 5)
    timers.move("bob", NEVER_MS, 5)
    assert {timers.due(5), timers.due(5)} == {"ann", "bob"}
    timers.set_aside("ann", 5)
    # As a turn ends that has touched him, and changed nothing of it.
    timers.move("ann", 5, 5)
    timers.end_turn()
    assert drained(timers, 5) == ["bob"]
    timers.end_turn()
    timers.move("ann", 5, 9)
    timers.move("bob", 5, NEVER_MS)
    assert timers.next_due_ms() == 9 and drained(timers, 9) == ["ann"]


def test_who_is_set_aside_while_he_waits_is_in_no_bucket() -> None:
    """A document of his found that it throws, and not the sweep."""
    timers = Timers()
    timers.move("ann", NEVER_MS, 5)
    timers.set_aside("ann", 5)
    assert timers.next_due_ms() == NEVER_MS and len(timers) == 0
    timers.move("ann", 5, NEVER_MS)
    timers.move("ann", NEVER_MS, 5)
    assert drained(timers, 5) == ["ann"]


def test_many_due_at_one_instant_are_given_out_each_once_over_several_turns() -> None:
    timers = Timers()
    for number in range(30_000):
        timers.move(f"m{number}", NEVER_MS, 5)
    found: list[str] = []
    while timers.next_due_ms() <= 5:
        for _ in range(1_000):
            member_id = timers.due(5)
            assert member_id is not None
            found.append(member_id)
            timers.move(member_id, 5, NEVER_MS)
        timers.end_turn()
    assert len(found) == len(set(found)) == 30_000


def test_times_that_came_and_went_leave_nothing() -> None:
    timers = Timers()
    for due_ms in range(1, 50_000):
        timers.move("ann", due_ms - 1 if due_ms > 1 else NEVER_MS, due_ms)
    assert len(timers) == 1 and len(timers._times) < 2_000


@given(st.dictionaries(IDS, TIMES, min_size=1), st.integers(1, 60), st.dictionaries(IDS, TIMES))
def test_who_was_given_out_moves_on_as_he_would_be_moved(due: dict[str, int], now_ms: int, later: dict[str, int]) -> None:
    moved, moving_on = Timers(), Timers()
    for timers in (moved, moving_on):
        for member_id, due_ms in due.items():
            timers.move(member_id, NEVER_MS, due_ms)
    assert drained(moved, now_ms) == drained(moving_on, now_ms)
    for member_id, due_ms in later.items():
        was_ms = due.get(member_id, NEVER_MS)
        moved.move(member_id, was_ms, due_ms)
        # Of whom nothing was given out he says so.
        if not moving_on.moves_on(member_id, due_ms):
            assert was_ms > now_ms
            moving_on.move(member_id, was_ms, due_ms)
    for timers in (moved, moving_on):
        timers.end_turn()
    assert len(moved) == len(moving_on)
    assert sorted(drained(moved, NEVER_MS - 1)) == sorted(drained(moving_on, NEVER_MS - 1))
