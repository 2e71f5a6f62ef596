"""The ledger has all that it is given, in few bytes, and no more than its days (spec 3.6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rules.levels.ledger import IMPORTED, LONG_AGO, NO_ORDER, NOT_COUNTED, Noted, encode_number, ledger_of, noted_in, tidied
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
