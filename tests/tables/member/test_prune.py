"""What members have of an activity is dropped once its books are closed, never sooner, and no grant is made again for it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rules.times import DAY_MS
from tests.folding import KEEP_ORDERS_MS, Folding
from tests.oracle.examples import at, order, program, refund, spend, upgrade
from tests.tables.test_partition import NOON_MS
from tests.thorough import examples

KEEP_DAYS = KEEP_ORDERS_MS // DAY_MS
# Over at the end of the tenth day: from this day's noon on its books are closed.
CLOSED_DAY = 11 + KEEP_DAYS
ENDING = {"ends_at": at(10, "23:59:59")}
DEFINITIONS = [program(100), spend(**ENDING), spend(code="always"), upgrade("classic/one", **ENDING)]
ENDING_REF, ALWAYS_REF, UPGRADE_REF = 1, 2, 3


def folding_with(*documents: tuple[int, dict[str, Any]]) -> Folding:
    """Documents, each on a day of the partition's clock, a turn each."""
    folding = Folding(DEFINITIONS)
    for day, document in documents:
        take(folding, day, document)
    return folding


def take(folding: Folding, day: int, document: dict[str, Any]) -> None:
    folding.take(document, now_ms=NOON_MS + (day - 1) * DAY_MS)
    folding.turn()


def touch(day: int) -> tuple[int, dict[str, Any]]:
    """A member document that changes nothing."""
    return day, {"type": "member", "member_id": "ann"}


EARNING = (5, order("a", at(5), ("x", 1, 150)))


def test_what_an_activity_needs_goes_once_its_books_are_closed_and_not_a_day_sooner() -> None:
    folding = folding_with(EARNING, touch(CLOSED_DAY - 1))
    before = folding.member("ann")
    assert before is not None and set(before.progress) == {ENDING_REF, ALWAYS_REF}
    assert before is not None and set(before.granted) == {ENDING_REF, ALWAYS_REF, UPGRADE_REF}
    assert f"{UPGRADE_REF}/classic/one" in before.gained
    for document in (touch(CLOSED_DAY), touch(CLOSED_DAY)):
        take(folding, *document)
    after = folding.member("ann")
    assert after is not None
    assert (after.progress, after.granted) == ({ALWAYS_REF: 150}, {ALWAYS_REF: 1})
    # What he gained, he gained; his spending stays.
    assert after.gained == {"classic/one": 1} and after.memberships == before.memberships


def late_by_its_own_word(day: int, order_id: str, amount: int) -> tuple[int, dict[str, Any]]:
    """An order of before the end that came on that day, received in time by its own word: sent again after a mend, for instance."""
    return day, order(order_id, at(9), ("x", 1, amount), received_at=at(12))


def test_an_order_of_before_the_end_counts_however_late_it_comes_as_long_as_the_books_are_open() -> None:
    folding = folding_with(EARNING, late_by_its_own_word(CLOSED_DAY - 1, "b", 60))
    assert [grant["grant_id"] for grant in folding.grants() if grant["activity"] == "spend"] == ["spend/ann/1", "spend/ann/2"]


def test_once_they_are_closed_it_counts_elsewhere_and_nothing_is_granted_a_second_time() -> None:
    # Down to no level; and up again by an order of a time at which the upgrade was in force.
    refunded = 40, refund("r", "a", at(40), ("x", 1, 100))
    for touches in ([], [touch(CLOSED_DAY)]):
        folding = folding_with(EARNING, refunded, *touches)
        take(folding, *late_by_its_own_word(CLOSED_DAY, "b", 240))
        ids = [grant["grant_id"] for grant in folding.grants()]
        assert sorted(ids) == ["always/ann/1", "always/ann/2", "spend/ann/1", "up/ann/classic/one"]
        assert folding.progress()[("always", "ann")] == 290
        assert folding.reasons() == []


AMOUNTS = st.integers(1, 250)


@examples(60)
@given(
    st.lists(st.tuples(st.integers(1, CLOSED_DAY + 30), AMOUNTS, st.booleans()), min_size=1, max_size=8),
    st.sets(st.integers(1, CLOSED_DAY + 30), max_size=8),
)
def test_what_comes_of_documents_does_not_hang_on_when_a_member_was_touched(
    orders: list[tuple[int, int, bool]], touches: set[int]
) -> None:
    documents = [
        late_by_its_own_word(day, f"o{number}", amount) if late else (day, order(f"o{number}", _on(day), ("x", 1, amount)))
        for number, (day, amount, late) in enumerate(sorted(orders))
    ]
    plain = folding_with(*documents)
    touched = folding_with(*sorted([*documents, *(touch(day) for day in touches)], key=lambda each: each[0]))
    assert plain.grants() == touched.grants()
    assert plain.dead_letters() == touched.dead_letters()
    grant_ids = [grant["grant_id"] for grant in plain.grants()]
    assert len(grant_ids) == len(set(grant_ids))


def _on(day: int) -> str:
    return at(day) if day <= 366 else at(366)
