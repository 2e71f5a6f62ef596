"""Late, by the clock of a replay: to the microsecond; and what comes so late that nothing knows it any more (spec 1.4, 1.5)."""

from __future__ import annotations

import pytest

from rules.clock import DocumentsClock
from rules.times import DAY_MS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend

RULES = [program(), spend()]
LINE = ("x", 1, 10)
HISTORY = {"mode": "total", "window": "history", "include_imported": True}
NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`


def reasons(*documents: dict[str, object]) -> list[str]:
    folding = Folding(RULES, DocumentsClock())
    for document in documents:
        folding.take(document)
    folding.turn()
    return folding.reasons()


@pytest.mark.parametrize("moves", ["placed_at", "received_at"])
@pytest.mark.parametrize("member", ["ann", None])
def test_the_clock_stands_at_the_microsecond_of_the_latest_document(moves: str, member: str | None) -> None:
    # 35 days are allowed: 1 January, 36th day of the year.
    first = order("first", at(36), LINE, member_id="bob") | {moves: at(36, "12:00:00.000001")}
    assert reasons(first, order("a", at(1, "12:00:00.000001"), LINE, member_id=member)) == []
    assert reasons(first, order("a", at(1), LINE, member_id=member)) == ["late"]


def test_one_that_is_refused_leaves_the_clock_where_it_was() -> None:
    first = order("first", at(36), LINE, member_id="bob")
    back = refund("back", "first", at(36, "12:00:00.500001"), LINE, member_id="bob", currency="EUR")
    assert reasons(first, back, order("a", at(1), LINE)) == ["invalid"]
    assert reasons(first, back, order("a", at(1, "11:59:59.999999"), LINE)) == ["invalid", "late"]


@pytest.mark.parametrize(("again_on", "counted"), [(214, 10), (231, 20)])
def test_an_imported_order_is_known_for_late_days_and_refund_days(again_on: int, counted: int) -> None:
    # What docs/guarantees.md says of running an import again.
    folding = Folding([program(1_000, standard=HISTORY), spend()])
    imported = order("a", at(1), LINE, imported=True)
    for day in range(0, again_on, 10):
        folding.take(imported if day == 0 else order(f"{day}", at(1 + day), LINE, member_id="bob"), now_ms=NOON_MS + day * DAY_MS)
        folding.turn()
    folding.take(imported, now_ms=NOON_MS + again_on * DAY_MS)
    folding.turn()
    assert folding.spending()[("classic", "ann")] == counted
