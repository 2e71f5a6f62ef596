"""The ledger has all that it is given, in few bytes, and no more than its days (spec 3.6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from rules.levels import ledger as ledger_module
from rules.levels import noting
from rules.levels.ledger import (
    IMPORTED,
    LONG_AGO,
    NO_ORDER,
    NOT_COUNTED,
    Noted,
    changed,
    encode_number,
    ledger_of,
    noted_in,
    tidied,
)
from rules.rulebook.rulebook import Rulebook
from rules.state import Membership
from tests.folding import Folding
from tests.oracle.examples import order, program
from tests.rules.rulebook.saved import version

TODAY = date(2026, 11, 1).toordinal()
NOTED = st.builds(
    Noted,
    st.integers(1, date(9999, 12, 31).toordinal()) | st.integers(TODAY - 3, TODAY),
    st.integers(-(2**62), 2**62) | st.integers(0, 5),
    st.integers(0, 7),
)


@given(st.lists(NOTED))
def test_what_is_noted_is_read_again(noted: list[Noted]) -> None:
    assert noted_in(ledger_of(noted)) == noted


def test_an_order_of_these_years_takes_five_bytes_and_one_of_a_small_amount_three() -> None:
    assert len(ledger_of([Noted(TODAY, 12_990)])) == 5 and len(ledger_of([Noted(TODAY, 99)])) == 3


def test_what_a_build_of_before_has_noted_is_read_as_well() -> None:
    before = encode_number((TODAY - date(2024, 1, 1).toordinal()) << 3) + encode_number(12_990)
    assert noted_in(before + ledger_of([Noted(TODAY, 99)])) == [Noted(TODAY, 12_990), Noted(TODAY, 99)]


@given(st.lists(NOTED), st.integers(TODAY - 3, TODAY))
def test_put_in_order_no_sum_changes_and_the_largest_orders_of_a_day_are_there(noted: list[Noted], first_day: int) -> None:
    found = noted_in(tidied(ledger_of(noted), first_day))
    assert _sums(found, first_day) == _sums(noted, first_day)
    for day, flags in {(each.day, each.flags) for each in noted if each.of_order and each.day >= first_day}:
        largest = sorted(each.amount for each in noted if (each.day, each.flags) == (day, flags))[-8:]
        assert sorted(each.amount for each in found if (each.day, each.flags) == (day, flags)) == largest
    assert all(each.day >= first_day or each.day == LONG_AGO for each in found)
    once = tidied(ledger_of(noted), first_day)
    assert len(tidied(once, first_day)) <= len(once)


def _sums(noted: list[Noted], first_day: int) -> dict[tuple[int, int], int]:
    """By day, long ago being one, and by whether it was imported and counts."""
    sums: dict[tuple[int, int], int] = {}
    for each in noted:
        place = (each.day if each.day >= first_day else LONG_AGO, each.flags & (IMPORTED | NOT_COUNTED))
        sums[place] = sums.get(place, 0) + each.amount
    return {place: total for place, total in sums.items() if total}


def membership_of(standard: dict[str, Any], days: int, per_day: int = 1, **more: Any) -> Membership:
    """Of one who bought on every day, that of his first program."""
    folding = Folding([])
    closes_after_ms = folding.settings.late_ms + folding.settings.refund_ms
    saved = version(program(100, 200, 300, standard=standard))
    folding.rulebook = Rulebook(enumerate([saved]), closes_after_ms=closes_after_ms)
    for day in range(days):
        at = datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(days=day)
        for number in range(per_day):
            document = order(f"o{day}-{number}", at.isoformat(), ("x", 1, 100), **more)
            folding.take(document, now_ms=int(at.timestamp() * 1000))
    folding.turn()
    member = folding.member("ann")
    assert member is not None
    return member.memberships[0]


def test_by_history_days_are_kept_for_400_days_and_what_is_before_as_one_sum() -> None:
    membership = membership_of({"mode": "total", "window": "history"}, 700, per_day=2)
    noted = noted_in(membership.ledger)
    days = {each.day for each in noted if each.day != LONG_AGO}
    # It is put in order each time that it has grown by 512 bytes.
    assert 400 <= len(days) <= 400 + 70 and len(noted) <= 2 * len(days) + 2
    assert sum(each.amount for each in noted) == membership.spent == 700 * 200
    assert membership.standing is None


def test_where_all_counts_by_day_nothing_is_noted() -> None:
    assert membership_of({"mode": "each"}, 5).ledger == b""
    imported = noted_in(membership_of({"mode": "each"}, 5, imported=True).ledger)
    assert [(each.amount, each.flags) for each in imported] == [(100, IMPORTED | NOT_COUNTED)] * 5
    assert not any(each.flags & NO_ORDER for each in imported)


def _changed_one_by_one(noted: list[Noted], day: int, before: int, now: int, imported: bool, counts: bool) -> list[Noted] | None:
    """What `changed` is to do, as it is said."""
    fitting = [
        place
        for place, each in enumerate(noted)
        if each.day == day and each.of_order and each.amount == before and bool(each.flags & IMPORTED) == imported
    ]
    if not fitting:
        return None
    place = min(fitting, key=lambda place: noted[place].counts != counts)
    return [each._replace(amount=now) if at == place else each for at, each in enumerate(noted)]


@given(st.lists(NOTED), st.data(), st.booleans(), st.booleans(), st.integers(-(2**62), 2**62))
def test_an_order_that_is_noted_comes_to_count_another_amount(
    noted: list[Noted], data: st.DataObject, imported: bool, counts: bool, now: int
) -> None:
    which = data.draw(st.sampled_from(noted)) if noted else Noted(TODAY, 5)
    expected = _changed_one_by_one(noted, which.day, which.amount, now, imported, counts)
    found = changed(ledger_of(noted), which.day, which.amount, now, imported=imported, counts=counts)
    assert (None if found is None else noted_in(found[0])) == expected
    if expected is not None:
        (was,) = [each for each, other in zip(noted, expected, strict=True) if each != other] or [which]
        assert found is not None and (found[1] == was.counts or now == which.amount)


def test_an_order_of_one_who_buys_much_is_found_without_taking_all_apart() -> None:
    noted = [Noted(TODAY + at // 8, 1_000_000 + at) for at in range(5_000)]
    ledger = ledger_of(noted)
    with patch.object(ledger_module, "_numbers", side_effect=AssertionError("all was taken apart")):
        found = changed(ledger, TODAY + 500, 1_004_000, 7, imported=False, counts=True)
        assert changed(ledger, TODAY + 500, 1_004_999, 7, imported=False, counts=True) is None
    noted[4_000] = Noted(TODAY + 500, 7)
    assert found == (ledger_of(noted), True)


def test_the_ledger_of_one_who_buys_much_is_put_in_order_as_it_has_grown_by_a_part_of_it() -> None:
    """So what an order costs does not grow with it."""
    with patch.object(noting, "tidied", side_effect=tidied) as put_in_order:
        membership = membership_of({"mode": "total", "window": "history"}, 400, per_day=12)
    read = sum(len(call.args[0]) for call in put_in_order.call_args_list)
    assert len(membership.ledger) > 9_000
    assert read < 8 * 400 * 12 * 5
    assert sum(each.amount for each in noted_in(membership.ledger)) == membership.spent
