"""Twice is once: the same document again, under its id or its business key (spec 1.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.folding import Folding
from tests.oracle.examples import at, lines_of, order, program, refund, spend

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
KEY = {"terminal_id": "t", "receipt_no": "7", "business_date": "2024-01-01"}
FIRST = order("a", at(1), ("x", 1, 60), ("y", 2, 30), **KEY)


def play(*documents: dict[str, Any], turns: bool) -> Folding:
    """In one turn, or in a turn each."""
    folding = Folding([program(), spend(threshold=1_000)])
    for document in documents:
        folding.take(document, now_ms=NOON_MS)
        if turns:
            folding.turn()
    folding.turn()
    return folding


@pytest.mark.parametrize("turns", [False, True])
@pytest.mark.parametrize(
    "again",
    [
        {},
        {"order_id": "a2"},
        {"order_id": "a2", "business_date": 20240101, "receipt_no": 7},
        {"received_at": at(3)},
        {"placed_at": "2024-01-01T20:00:00+08:00"},
        {"placed_at": "2024-01-01T12:00:00Z"},
        {"fees": 0, "coupons": [], "imported": False, "service_type": None},
        {"note": "unknown fields are no content"},
        {"fees": 1, "total": 91},
        {"tax": 18, "rounding": -3, "total": None},
        {"payments": [{"method": "card", "amount": 90}]},
        {"order_id": "a", "receipt_no": "8"},
    ],
)
def test_equal_content_is_dropped_silently(again: dict[str, Any], turns: bool) -> None:
    folding = play(FIRST, FIRST | again, turns=turns)
    assert folding.progress() == {("spend", "ann"): 90} and folding.reasons() == []


@pytest.mark.parametrize("turns", [False, True])
@pytest.mark.parametrize("order_id", ["a", "a2"])
@pytest.mark.parametrize(
    "other",
    [
        {"placed_at": at(1, "12:00:01")},
        {"placed_at": at(1, "12:00:00.000001")},
        {"store_id": "n-2", "order_id": "a"},
        {"coupons": ["mug"]},
        {"service_type": "delivery"},
        {"payments": [{"method": "points", "amount": 1}]},
        {"lines": lines_of(("y", 2, 30), ("x", 1, 60))},
        {"lines": lines_of(("x", 1, 60), ("y", 1, 30))},
        {"imported": True},
    ],
)
def test_other_content_is_a_conflict_and_what_came_first_stands(order_id: str, other: dict[str, Any], turns: bool) -> None:
    folding = play(FIRST, FIRST | {"order_id": order_id} | other, turns=turns)
    assert folding.progress() == {("spend", "ann"): 90} and folding.reasons() == ["conflict"]


@pytest.mark.parametrize(
    "other",
    [
        {"member_id": "bob"},
        {"order_id": "a2", "receipt_no": "8"},
        {"order_id": "a2", "terminal_id": None},
        {"order_id": "a2", "store_id": "n-2"},
    ],
)
def test_another_document_counts_by_itself(other: dict[str, Any]) -> None:
    folding = play(FIRST, FIRST | other, turns=True)
    assert sum(folding.progress().values()) == 180 and folding.reasons() == []


WEIGHED = order("a", at(1), ("ham", 1, 60)) | {"lines": [{"sku": "ham", "quantity": "0.350", "amount": 60}], **KEY}


@pytest.mark.parametrize(
    "again",
    [
        {"lines": [{"sku": "ham", "quantity": 0.35, "amount": 60.0}], "total": 60.0},
        {"channel": "kiosk", "service_type": "DRIVE_THRU", "placed_at": "2024-01-01T12:00:00.0000009Z"},
        {"order_id": "a2", "receipt_no": 7},
        {"order_id": "a2", "receipt_no": 7.0, "total": None},
        {"payments": [{"method": "points", "amount": 0}, {"method": "klarna", "amount": "much"}]},
        {"lines": [None, *WEIGHED["lines"]], "coupons": [None, ""], "promotions": None},
    ],
)
def test_values_are_compared_however_they_are_written(again: dict[str, Any]) -> None:
    folding = play(WEIGHED, WEIGHED | again, turns=True)
    assert folding.progress() == {("spend", "ann"): 60} and folding.reasons() == []


@pytest.mark.parametrize(
    "other",
    [
        {"lines": [{"sku": "ham", "quantity": 0.351, "amount": 60}]},
        {"lines": [{"sku": "ham", "quantity": 1, "amount": 60}]},
        {"placed_at": "2024-01-01T12:00:00.000001Z"},
        {"coupons": [7]},
    ],
)
def test_other_values_are_a_conflict(other: dict[str, Any]) -> None:
    folding = play(WEIGHED, WEIGHED | other, turns=True)
    assert folding.progress() == {("spend", "ann"): 60} and folding.reasons() == ["conflict"]


@pytest.mark.parametrize("methods", [("gift_card", "gift_card"), ("gift_card", "card", "gift_card")])
def test_what_was_paid_is_compared_by_what_it_was_paid_with(methods: tuple[str, ...]) -> None:
    first = FIRST | {"payments": [{"method": "gift_card", "amount": 20}]}
    split = FIRST | {"payments": [{"method": method, "amount": 10} for method in methods]}
    assert play(first, split, turns=True).reasons() == []
    assert play(first, FIRST | {"payments": [{"method": "points", "amount": 20}]}, turns=True).reasons() == ["conflict"]


def test_the_business_key_is_of_tills_only() -> None:
    web = FIRST | {"channel": "online"}
    assert play(web, web | {"order_id": "a2"}, turns=True).progress() == {("spend", "ann"): 180}


def test_purchases_and_refunds_have_keys_of_their_own() -> None:
    back = refund("a", "a", at(1), ("x", 1, 60), **KEY)
    folding = play(FIRST, back, back, back | {"refund_id": "r2"}, turns=True)
    assert folding.progress() == {("spend", "ann"): 30} and folding.reasons() == []


def test_an_order_is_still_the_same_after_its_refunds() -> None:
    folding = play(FIRST, refund("r", "a", at(1), ("x", 1, 60)), FIRST, turns=True)
    assert folding.progress() == {("spend", "ann"): 30} and folding.reasons() == []


def test_a_refund_that_waits_is_known_and_applied_once() -> None:
    back = refund("r", "a", at(1), ("x", 1, 60))
    folding = play(back, back, back | {"lines": lines_of(("x", 1, 59)), "total": 59}, FIRST, back, turns=True)
    assert folding.progress() == {("spend", "ann"): 30} and folding.reasons() == ["conflict"]


def test_a_refused_document_does_not_stand_in_the_way_of_its_mended_self() -> None:
    folding = play(FIRST | {"total": 91}, FIRST, turns=True)
    assert folding.progress() == {("spend", "ann"): 90} and folding.reasons() == ["invalid"]


@pytest.mark.parametrize("receipt_no", [10**20, -(10**30), "7" * 256])
def test_a_receipt_may_have_any_number(receipt_no: int | str) -> None:
    first = FIRST | {"receipt_no": receipt_no}
    folding = play(first, first | {"order_id": "a2"}, first | {"order_id": "a3", "receipt_no": 5}, turns=True)
    assert folding.progress() == {("spend", "ann"): 180} and folding.reasons() == []
