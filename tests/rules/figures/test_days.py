"""Members who bought, by day, each once (spec 4.6), beside a memory of everything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.figures.days import DAY_MIN, is_first_of_its_day
from rules.state import Member

LATE_DAYS = 5
START_MIN = 20_000 * DAY_MIN

# How long after the one before it comes, and how late it is by then: to the last minute, or from a clock that is a day ahead.
STEPS = st.lists(
    st.tuples(st.integers(0, 3 * DAY_MIN), st.integers(-DAY_MIN, LATE_DAYS * DAY_MIN - 1), st.booleans()), min_size=1, max_size=60
)


@given(STEPS)
def test_each_day_is_counted_once_whatever_comes_late_and_what_is_remembered_is_bounded(steps: list[tuple[int, int, bool]]) -> None:
    member, now_min, bought = Member(), START_MIN, set[int]()
    for pause, late, again in steps:
        now_min += pause
        placed_min = now_min - late
        for _ in range(1 + again):
            first = is_first_of_its_day(member, member.last_bought_min, placed_min, now_min - LATE_DAYS * DAY_MIN)
            assert first == (placed_min // DAY_MIN not in bought)
            bought.add(placed_min // DAY_MIN)
            member.last_bought_min = max(member.last_bought_min, placed_min)
        # So many days may an order still come for, and those of the day ahead.
        assert len(member.seldom.days) <= LATE_DAYS + 3


def test_what_is_imported_from_long_ago_is_not_counted_and_not_remembered() -> None:
    member = Member()
    oldest = START_MIN - LATE_DAYS * DAY_MIN
    for day in range(1_000):
        placed_min = START_MIN - 2_000 * DAY_MIN + (day * 7 % 1_000) * DAY_MIN
        assert not is_first_of_its_day(member, member.last_bought_min, placed_min, oldest)
        member.last_bought_min = max(member.last_bought_min, placed_min)
    assert member.seldom.days == []
