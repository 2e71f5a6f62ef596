"""Late, by the clock of a replay: to the microsecond (spec 1.5)."""

from __future__ import annotations

import pytest

from rules.clock import DocumentsClock
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend

RULES = [program(), spend()]
LINE = ("x", 1, 10)


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
