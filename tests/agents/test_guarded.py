"""What a rule throws on costs itself and nothing else (spec 1.6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.fold import purchases
from agents.turns.error_limit import Allowed, TooManyErrors
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend
from tests.tables.test_partition import NOON_MS

RULES = [program(100), spend(threshold=50)]


def throws_for(monkeypatch: pytest.MonkeyPatch, *order_ids: str) -> None:
    """The rule of purchases throws on these orders, once half of its work is done."""
    real = purchases.apply_purchase

    def throwing(member: Any, accepted: Any, *arguments: Any) -> Any:
        record = real(member, accepted, *arguments)
        if accepted.document.order_id in order_ids:
            raise ZeroDivisionError("a bug")
        return record

    monkeypatch.setattr(purchases, "apply_purchase", throwing)


def taken(folding: Folding, *documents: dict[str, Any]) -> Folding:
    for document in documents:
        folding.take(document, now_ms=NOON_MS)
    folding.turn()
    return folding


def test_of_a_member_who_was_touched_before_it_in_the_turn_all_else_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = order("broken", at(1), ("x", 1, 70))
    others = [order("before", at(1), ("x", 1, 60)), order("bob's", at(1), ("x", 1, 60), member_id="bob")]
    after = [order("after", at(1), ("x", 1, 45)), refund("r", "before", at(1), ("x", 1, 5))]
    throws_for(monkeypatch, "broken")
    folding = taken(Folding(RULES), *others, broken, *after)
    without = taken(Folding(RULES), *others, *after)
    assert folding.dead_letters() == [("internal_error", json.dumps(broken).encode())]
    assert folding.grants() == without.grants() != []
    assert folding.level_changes() == without.level_changes() != []
    assert folding.progress() == without.progress()
    assert folding.spending() == without.spending()
    # All in one turn, as if nothing had been amiss.
    assert folding.tables[0].head.turn == 1


def test_it_leaves_no_member_and_no_order_that_only_it_named(monkeypatch: pytest.MonkeyPatch) -> None:
    throws_for(monkeypatch, "broken")
    folding = taken(Folding(RULES), order("broken", at(1), ("x", 1, 70)))
    assert folding.member("ann") is None
    monkeypatch.undo()
    # Sent again once the bug is mended, it counts: it is no second one.
    assert [grant["ordinal"] for grant in taken(folding, order("broken", at(1), ("x", 1, 70))).grants()] == [1]


def test_refunds_that_waited_for_it_wait_on(monkeypatch: pytest.MonkeyPatch) -> None:
    early = refund("early", "broken", at(1), ("x", 1, 30))
    throws_for(monkeypatch, "broken")
    folding = taken(Folding(RULES), early, order("broken", at(1), ("x", 1, 70)))
    member = folding.member("ann")
    assert member is not None and [held.refund_id for held in member.held] == ["early"]
    monkeypatch.undo()
    assert taken(folding, order("broken", at(1), ("x", 1, 70))).progress() == {("spend", "ann"): 40}


def test_what_comes_of_it_and_cannot_be_put_out_is_undone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from agents.turns import turn

    real = turn.put_events

    def throwing(outputs: Any, happened: Any, granted: Any) -> None:
        if any(getattr(each, "order_id", None) == "broken" for each in happened):
            raise TypeError("not to be encoded")
        real(outputs, happened, granted)

    monkeypatch.setattr(turn, "put_events", throwing)
    folding = taken(Folding(RULES), order("a", at(1), ("x", 1, 60)), order("broken", at(1), ("x", 1, 50)))
    assert folding.reasons() == ["internal_error"]
    assert folding.progress() == {("spend", "ann"): 60}


def test_too_many_in_a_row_end_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    throws_for(monkeypatch, *(f"o{number}" for number in range(10)))
    allowed = Allowed(in_a_row=3, ratio=1.0)
    few = [order(f"o{number}", at(1), ("x", 1, 1)) for number in range(3)]
    well = order("well", at(1), ("x", 1, 1))
    folding = taken(Folding(RULES, errors=allowed), *few, well, *few, well, *few)
    assert folding.reasons() == ["internal_error"] * 9
    # In the turn before, or in this one: a row is a row.
    with pytest.raises(TooManyErrors, match=r"4 documents in a row.*ZeroDivisionError.*TIDEMARK_ERRORS_IN_A_ROW"):
        taken(folding, order("o3", at(1), ("x", 1, 1)))


def test_too_many_of_the_last_documents_end_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    throws_for(monkeypatch, "broken")
    allowed = Allowed(in_a_row=100, ratio=0.2, window=10)
    folding = Folding(RULES, errors=allowed)

    for time in range(20):
        well = [order(f"well-{time}-{number}", at(1), ("x", 1, 1)) for number in range(4)]
        taken(folding, order("broken", at(1), ("x", 1, 1)), *well)
    with pytest.raises(TooManyErrors, match=r"3 of the last 10 documents.*TIDEMARK_ERRORS_RATIO"):
        taken(folding, *([order("broken", at(1), ("x", 1, 1))] * 2))
