"""What came before is judged by what a program is changed to: another standard by its days, another `active_from` or `include_imported` by
what counts (spec 3.1, 3.5, 3.6).
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.clock import DocumentsClock
from rules.levels.ledger import IMPORTED, LONG_AGO, NO_ORDER, Noted, ledger_of, noted_in
from rules.levels.recounting import count_afresh
from rules.rulebook.compiled.program import CompiledProgram
from rules.state import Membership
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund
from tests.rules.rulebook.saved import rulebook, version

HISTORY: dict[str, Any] = {"mode": "total", "window": "history"}
WITH_IMPORTED = HISTORY | {"include_imported": True}
PERIOD = {"mode": "total", "window": "period", "period": {"days": 30}}
SINCE_UPGRADE = {"mode": "total", "window": "since_upgrade"}
EACH = {"mode": "each"}
Document = dict[str, Any]


def save(day: int, standard: Document = HISTORY, thresholds: tuple[int, ...] = (100, 200, 300), **more: Any) -> Document:
    document = program(*thresholds, standard=standard, **more)
    return {"type": "change", "change": "save", "kind": "program", "code": "classic", "document": document,
            "saved_at": at(day, "00:00:00"), "saved_by": "eva"}  # fmt: skip


def buy(day: int, amount: int, **more: Any) -> Document:
    return order(f"o{day}", at(day), ("x", 1, amount), **more)


def changes(*documents: Document, first: Document | None = None) -> list[tuple[str | None, str | None, str, str]]:
    """(before, level, why, day and month) of a life that begins under a program by history."""
    folding = Folding([first or program(100, 200, 300, standard=HISTORY)], DocumentsClock())
    for document in documents:
        folding.take(document)
        folding.turn()
    folding.end()
    assert folding.reasons() == []
    told = folding.level_changes()
    return [(each["before"], each["level"], each["why"], each["since"][5:10]) for each in told if each["before"] != each["level"]]


def test_the_level_held_is_kept_and_what_came_before_fills_the_new_windows() -> None:
    bought = (buy(1, 60), buy(20, 40))
    assert changes(*bought, save(25, PERIOD), buy(28, 100)) == [(None, "one", "order", "01-20"), ("one", "two", "order", "01-28")]
    # By then the 60 of the first day fell out of the window of 30 days.
    assert changes(*bought, save(25, PERIOD), buy(31, 100)) == [(None, "one", "order", "01-20")]


def test_what_another_standard_counted_raises_nobody_and_its_own_count_does() -> None:
    bought = (buy(1, 150), buy(60, 120))
    lower = (50, 140, 260)
    assert changes(*bought, save(61, PERIOD, lower)) == [(None, "one", "order", "01-01"), ("one", "two", "order", "02-29")]
    assert changes(buy(1, 90), buy(40, 5), save(45, EACH, (50, 80, 300))) == [(None, "two", "rule", "02-14")]
    assert changes(buy(1, 40), buy(40, 5), save(45, EACH, (50, 80, 300))) == []


def test_a_refund_of_an_order_from_before_lowers_its_day() -> None:
    life = (buy(1, 60), save(5, PERIOD), refund("r", "o1", at(6), ("x", 1, 30)), buy(7, 60))
    assert changes(*life) == []
    assert changes(*life, buy(8, 10)) == [(None, "one", "order", "01-08")]


def test_what_was_kept_before_is_there_again_after_a_time_by_history() -> None:
    first = program(100, 200, 300, standard=PERIOD)
    assert changes(buy(1, 60), save(5), save(10, PERIOD), buy(12, 40), first=first) == [(None, "one", "order", "01-12")]


def test_since_the_upgrade_all_that_ever_counted_does_where_no_level_was_gained() -> None:
    assert changes(buy(1, 60), save(5, SINCE_UPGRADE), buy(7, 40)) == [(None, "one", "order", "01-07")]


@pytest.mark.parametrize("standard", [HISTORY, PERIOD, SINCE_UPGRADE, EACH])
def test_a_later_active_from_takes_out_what_came_before_it(standard: Document) -> None:
    first = program(100, 200, 300, standard=standard)
    life = (buy(1, 90), save(5, standard, active_from=at(3, "00:00:00")), buy(6, 90))
    # Of each, no order reaches it anyhow.
    assert changes(*life, first=first) == []
    lower = save(8, standard, (50, 85, 300), active_from=at(3, "00:00:00"))
    assert changes(*life, lower, first=first) == [(None, "two", "rule", "01-08")]


def test_by_history_a_level_is_lost_with_what_counts_no_more_and_gained_with_what_counts_again() -> None:
    later = save(5, active_from=at(3, "00:00:00"))
    lost = [(None, "one", "order", "01-01"), ("one", None, "rule", "01-05")]
    assert changes(buy(1, 120), buy(4, 10), later) == lost
    assert changes(buy(1, 120), buy(4, 10), later, save(9)) == [*lost, (None, "one", "rule", "01-09")]
    # What does not count lowers nothing when it is given back, and then counts for less.
    back = (later, refund("r", "o1", at(7), ("x", 1, 50)))
    assert changes(buy(1, 120), buy(4, 10), *back, save(9)) == lost
    assert changes(buy(1, 120), buy(4, 40), *back, save(9)) == [*lost, (None, "one", "rule", "01-09")]


@pytest.mark.parametrize("standard", [HISTORY, PERIOD, SINCE_UPGRADE])
def test_what_is_given_back_of_an_order_that_counts_no_more_is_missing_when_it_counts_again(standard: Document) -> None:
    first = program(100, 200, 300, standard=standard)
    later, back = save(5, standard, active_from=at(3, "00:00:00")), refund("r", "o1", at(6), ("x", 1, 50))
    assert changes(buy(1, 90), later, back, save(8, standard), buy(9, 59), first=first) == []
    gained = [(None, "one", "order", "01-09")]
    assert changes(buy(1, 90), later, back, save(8, standard), buy(9, 60), first=first) == gained
    # Meanwhile it lowers nothing.
    assert changes(buy(1, 90), later, buy(5, 40), back, buy(9, 60), first=first) == gained


@pytest.mark.parametrize("standard", [HISTORY, PERIOD, SINCE_UPGRADE])
def test_an_earlier_active_from_takes_in_what_came_after_it(standard: Document) -> None:
    first = program(100, 200, 300, standard=standard, active_from=at(10, "00:00:00"))
    assert changes(buy(5, 60), buy(12, 50), save(15, standard), first=first) == [(None, "one", "rule", "01-15")]
    two = save(15, standard, active_from=at(6, "00:00:00"))
    assert changes(buy(5, 60), buy(12, 50), two, first=first) == []


def test_since_an_upgrade_that_is_none_any_more_only_what_still_counts_goes_on() -> None:
    first = program(100, 200, 300, standard=SINCE_UPGRADE)
    higher = save(5, SINCE_UPGRADE, (180, 200, 300), active_from=at(3, "00:00:00"))
    lost = [(None, "one", "order", "01-01"), ("one", None, "rule", "01-05")]
    assert changes(buy(1, 150), buy(4, 50), higher, buy(6, 100), first=first) == lost
    assert changes(buy(1, 150), buy(4, 50), higher, buy(6, 130), first=first) == [*lost, (None, "one", "order", "01-06")]
    # And all of it where it counts again.
    again = save(8, SINCE_UPGRADE, (180, 200, 300))
    assert changes(buy(1, 150), buy(4, 20), higher, again, first=first) == lost
    assert changes(buy(1, 150), buy(4, 30), higher, again, first=first) == [*lost, (None, "one", "rule", "01-08")]


@pytest.mark.parametrize("standard", [HISTORY, PERIOD, SINCE_UPGRADE])
@pytest.mark.parametrize("back_day", [6, 11])
def test_what_is_given_back_of_an_order_that_did_not_count_when_it_came_is_missing(standard: Document, back_day: int) -> None:
    first = program(100, 200, 300, standard=standard, active_from=at(8, "00:00:00"))
    back, save_ = refund("r", "o5", at(back_day), ("x", 1, 50)), save(9, standard)
    life = (buy(5, 90), *((back, save_) if back_day < 9 else (save_, back)))
    assert changes(*life, buy(12, 59), first=first) == []
    assert changes(*life, buy(12, 60), first=first) == [(None, "one", "order", "01-12")]


def test_what_is_given_back_of_an_imported_order_that_did_not_count_is_missing() -> None:
    life = (buy(1, 90, imported=True), refund("r", "o1", at(2), ("x", 1, 50)), save(5, WITH_IMPORTED))
    assert changes(*life, buy(6, 59)) == [] and changes(*life, buy(6, 60)) == [(None, "one", "order", "01-06")]
    # And without an order named.
    unnamed = refund("q", None, at(9), ("x", 1, 50))
    first = program(100, 200, 300, standard=HISTORY, active_from=at(10, "00:00:00"))
    assert changes(buy(5, 90), unnamed, save(11), buy(12, 59), first=first) == []
    assert changes(buy(5, 90), unnamed, save(11), buy(12, 60), first=first) == [(None, "one", "order", "01-12")]


def test_a_day_in_the_middle_of_which_active_from_falls_counts_by_the_order_s_own_time_or_not() -> None:
    """Of what came before only the day is known: it counts where the whole of it does."""
    noon = at(3, "12:00:00")
    assert changes(order("a", at(3, "18:00:00"), ("x", 1, 100)), save(5, active_from=noon)) == [
        (None, "one", "order", "01-03"),
        ("one", None, "rule", "01-05"),
    ]
    first = program(100, standard=HISTORY, active_from=noon)
    assert changes(order("a", at(3, "18:00:00"), ("x", 1, 100)), first=first) == [(None, "one", "order", "01-03")]


def test_imported_orders_count_where_they_are_included_whichever_came_first() -> None:
    life = (buy(1, 70, imported=True), buy(2, 50))
    assert changes(*life, save(5, WITH_IMPORTED)) == [(None, "one", "rule", "01-05")]
    first = program(100, 200, 300, standard=WITH_IMPORTED)
    gained = (None, "one", "order", "01-02")
    assert changes(*life, save(5), first=first) == [gained, ("one", None, "rule", "01-05")]
    # They are remembered where none could count.
    assert changes(*life, save(5), save(6, EACH), save(8, WITH_IMPORTED), first=first)[2:] == [(None, "one", "rule", "01-08")]
    # Points that another measure counts are no spending.
    assert changes(*life, save(5, WITH_IMPORTED, measure="points"), first=first) == [gained, ("one", None, "rule", "01-05")]


LEVEL_DAY = 738_900
KINDS: list[Document] = [HISTORY, WITH_IMPORTED, PERIOD, SINCE_UPGRADE, EACH]
NOTED = st.builds(
    Noted,
    st.integers(LEVEL_DAY, LEVEL_DAY + 12),
    st.integers(0, 60),
    st.sampled_from([0, 0, NO_ORDER, IMPORTED, IMPORTED | NO_ORDER]),
)


def compiled(standard: Document, active_day: int | None) -> CompiledProgram:
    active = {} if active_day is None else {"active_from": f"{date.fromordinal(active_day)}T00:00:00+00:00"}
    return rulebook(version(program(100, 200, 300, standard=standard, **active))).programs["classic"][0]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(NOTED, max_size=10),
    st.integers(0, 50),
    st.lists(st.tuples(st.sampled_from(KINDS), st.none() | st.integers(LEVEL_DAY - 2, LEVEL_DAY + 14)), min_size=1, max_size=4),
)
def test_changed_and_changed_back_all_is_there_again(
    noted: list[Noted], long_ago: int, changed: list[tuple[Document, int | None]]
) -> None:
    first = compiled(WITH_IMPORTED, None)
    membership = Membership("classic", 0, 0, long_ago + sum(each.amount for each in noted), ledger=ledger_of(noted))
    spent, before, at_ms = membership.spent, first, 1_709_000_000_000
    for each in changed:
        program_then = compiled(*each)
        count_afresh(before, program_then, membership, at_ms)
        standing = membership.standing
        if program_then.standard is None and standing is not None:
            standing.days, standing.orders = {}, {}
        standard, active_day = each
        counts = [
            each
            for each in noted
            if (active_day is None or each.day >= active_day) and (standard == WITH_IMPORTED or not each.flags & IMPORTED)
        ]
        # What is long ago counts unless the days that are kept are before it as well.
        known = min((each.day for each in noted), default=LONG_AGO)
        rest = long_ago if active_day is None or active_day <= known else 0
        assert membership.spent == sum(each.amount for each in counts) + rest
        if program_then.standard is not None and standing is not None:
            assert standing.days == {
                day: sum(each.amount for each in counts if each.day == day) for day in {each.day for each in counts}
            }
        before = program_then
    count_afresh(before, first, membership, at_ms)
    assert membership.spent == spent
    assert _by_day(noted_in(membership.ledger)) == _by_day(noted)


def _by_day(noted: list[Noted]) -> dict[int, tuple[int, list[tuple[int, int]]]]:
    """Of each day the sum, and the orders."""
    return {
        day: (
            sum(each.amount for each in noted if each.day == day),
            sorted((each.flags, each.amount) for each in noted if each.day == day and each.of_order),
        )
        for day in {each.day for each in noted} - {LONG_AGO}
    }
