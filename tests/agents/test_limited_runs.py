"""Runs whose grants a keeper limits, in a replay: by its clock, which only what is accepted moves (spec 1.5, 2.10)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import MEMBERS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend

Document = dict[str, Any]
LIMITED = {
    "kind": "activity",
    "type": "bulk",
    "code": "b",
    "name": "B",
    "segment": "all",
    "schedule": {"every": "day", "at": "10:00"},
    "gifts": [{"kind": "points", "points": 1}],
    "limits": {"total": 9},
}
PAID = {"code": "plus", "name": "Plus", "type": "paid", "price": 990, "paid_validity": "permanent"}
PAYMENT = {"type": "payment", "payment_id": "p", "member_id": "ann", "program": "classic", "level": "plus", "currency": "GBP"}
X = ("x", 1, 1)
LATER = at(9)


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        (refund("r", "o", LATER, X, member_id=None), "no_member"),
        (refund("r", "o", LATER, X, member_id="gone"), "no_member"),
        (refund("r", "o", LATER, X, currency="EUR"), "invalid"),
        (order("big", LATER, ("x", 1, 10_001)), "too_many_grants"),
        (order("o", LATER, X), "conflict"),
        (PAYMENT | {"paid_at": LATER, "amount": 1}, "wrong_amount"),
        (PAYMENT | {"paid_at": LATER, "amount": 990, "member_id": "gone"}, "invalid"),
    ],
)
def test_what_is_refused_starts_no_run(refused: Document, reason: str) -> None:
    rules = program(100_000)
    rules["levels"].append(PAID)
    folding = Folding([rules, LIMITED, spend(threshold=1)], DocumentsClock())
    for document in (
        {"type": "member", "member_id": "gone", "deleted": True},
        order("o", at(1), X),
        refused,
        # Here before the run starts, as nothing that was accepted is of a later time.
        order("late", at(1, "11:00:00"), X, member_id="bob"),
        order("next", at(2), X),
    ):
        folding.take(document, topic=MEMBERS)
        folding.turn()
    folding.end()
    assert folding.reasons() == [reason]
    made = [grant["grant_id"] for grant in folding.grants() if grant["activity"] == "b"]
    assert made == ["b/ann/2024-01-02", "b/bob/2024-01-02"]


@pytest.mark.parametrize(
    ("refused", "reasons"),
    [
        (refund("r", "o", at(9), X, currency="EUR"), ["invalid"]),
        (order("o", at(9), X), ["conflict"]),
        (order("o", at(1), X, received_at=at(9)), []),
        (order("big", at(9), ("x", 1, 10_001)), ["too_many_grants"]),
    ],
)
@pytest.mark.parametrize("under", ["old", "new"])
def test_what_is_refused_of_a_member_who_was_merged_starts_no_run(refused: Document, reasons: list[str], under: str) -> None:
    folding = Folding([program(100_000), LIMITED, spend(threshold=1)], DocumentsClock())
    for document in (
        order("o", at(1), X, member_id="old"),
        {"type": "member", "member_id": "old", "merged_into": "new"},
        refused | {"member_id": under},
        # Here before the run starts, as nothing that was accepted is of a later time.
        order("late", at(1, "11:00:00"), X, member_id="bob"),
        order("next", at(2), X, member_id="new"),
    ):
        folding.take(document, topic=MEMBERS)
        folding.turn()
    folding.end()
    assert folding.reasons() == reasons
    made = [grant["grant_id"] for grant in folding.grants() if grant["activity"] == "b"]
    assert made == ["b/bob/2024-01-02", "b/new/2024-01-02"]


@pytest.mark.parametrize("under", ["old", "new"])
def test_what_is_tried_and_taken_of_a_member_who_was_merged_counts_once(under: str) -> None:
    folding = Folding([program(100_000), LIMITED, spend(threshold=1)], DocumentsClock(), figures=True)
    for document in (
        order("o", at(1), X, member_id="old"),
        {"type": "member", "member_id": "old", "merged_into": "new"},
        order("next", at(2), X, member_id=under),
        refund("r", "o", at(3), X, member_id=under),
        order("last", at(4), X, member_id=under),
    ):
        folding.take(document, topic=MEMBERS)
    folding.turn()
    folding.end()
    grants = [grant["grant_id"] for grant in folding.grants() if grant["activity"] != "b"]
    assert grants == ["spend/old/1", "spend/new/2"]
    assert [(each["orders"], each["refunded"]) for each in folding.performance() if each["activity"] != "b"] == [(3, 1)]


def test_what_is_tried_and_taken_counts_once() -> None:
    folding = Folding([program(100_000), LIMITED, spend(threshold=1)], DocumentsClock(), figures=True)
    for document in (order("o", at(1), X), order("next", at(2), X), refund("r", "next", at(3), X)):
        folding.take(document)
    folding.turn()
    folding.end()
    assert [grant["grant_id"] for grant in folding.grants() if grant["activity"] != "b"] == ["spend/ann/1", "spend/ann/2"]
    assert [(each["orders"], each["refunded"]) for each in folding.performance() if each["activity"] != "b"] == [(2, 1)]
