"""What tills send and how it is written: spec 1.1, 1.3, by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .examples import at, lines_of, order, play, program, reasons, refund, spend

RULES = [program(), spend()]
GOOD = order("a", at(1), ("x", 1, 60))
SOLD = {"sku": "x", "quantity": 1, "amount": 60}


def lines(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"lines": list(entries), "total": None} | more


@pytest.mark.parametrize(
    "mistake",
    [
        {"total": 61}, {"total": 60.5}, {"total": "60"}, {"currency": "XQQ"}, {"currency": "DEM"}, {"currency": None},
        {"member_id": 1.5}, {"member_id": True}, {"channel": "phone"}, {"channel": None}, {"store_id": ""}, {"order_id": ""},
        {"lines": []}, {"lines": None}, {"placed_at": "2024-01-01T12:00:00"}, {"imported": "no"}, {"fees": -1, "total": 59},
        {"tax": -1, "total": 59}, {"tax": 10}, {"rounding": 2}, {"fees": 1.5}, {"type": "sale"},
        lines(SOLD | {"quantity": True}), lines(SOLD | {"quantity": 0.3505}), lines(SOLD | {"quantity": "much"}),
        lines(SOLD | {"amount": 0.5}), lines(SOLD | {"amount": None}), lines(SOLD | {"quantity": None}), lines(SOLD | {"sku": ""}),
        lines(SOLD, {"sku": "y", "quantity": -1, "amount": 1}),
        lines(*[SOLD] * 5001),
        {"payments": [{"method": "gift_card", "amount": 61}]}, {"payments": [{"method": "points", "amount": -1}]},
        {"payments": [{"method": "points", "amount": 30}, {"method": "gift_card", "amount": 31}]},
        {"received_at": "2099-01-01T00:00:00Z"}, {"placed_at": "2099-01-01T00:00:00Z"}, {"received_at": "soon"},
    ],
)  # fmt: skip
def test_one_mistake_is_enough(mistake: dict[str, object]) -> None:
    assert reasons(play(RULES, GOOD | mistake)) == ["invalid"]


@pytest.mark.parametrize(
    "spelling",
    [
        {"total": 60.0}, {"total": None}, {"channel": "kiosk"}, {"member_id": "ann", "store_id": 7}, {"order_id": 7},
        {"service_type": "drive_in"}, {"imported": None}, {"fees": 4, "tax": 5, "rounding": -2, "total": 67}, {"change": 7},
        {"payments": [{"method": "cheque", "amount": 1000}, {"method": "cash", "amount": -7}]},
        {"payments": [{"method": "points", "amount": 30}, {"method": "gift_card", "amount": 30}]},
        {"placed_at": "2024-01-01T12:00:00.9999999Z"}, {"currency": "GBP", "till": {"any": "thing"}},
    ],
)  # fmt: skip
def test_other_spellings_are_taken(spelling: dict[str, object]) -> None:
    assert play(RULES, GOOD | spelling).progress == {("spend", "ann"): 60}


def test_numbers_are_what_they_are() -> None:
    raw = json.dumps(GOOD | {"total": None, "member_id": 17850}).replace('"amount": 60', '"amount": 6.0e1').encode()
    assert play(RULES, raw).progress == {("spend", "17850"): 60}


@pytest.mark.parametrize("nobody", [{"member_id": None}, {"member_id": ""}])
def test_without_a_card_it_counts_for_nobody(nobody: dict[str, object]) -> None:
    outcome = play(RULES, GOOD | nobody)
    assert outcome.progress == {} and outcome.levels == {} and outcome.dead_letters == []


def test_a_refund_of_an_order_without_a_member_is_refused() -> None:
    back = refund("r", "a", at(1), ("x", 1, 60), member_id=None)
    assert reasons(play(RULES, GOOD, back, back | {"order_id": None, "refund_id": "s"})) == ["no_member"]


def test_a_currency_may_be_withdrawn_or_named_by_a_definition() -> None:
    assert reasons(play(RULES, GOOD | {"currency": "BGN"})) == []
    assert play([program(currency="XQQ"), spend()], GOOD | {"currency": "XQQ"}).progress == {("spend", "ann"): 60}


def test_a_discount_of_the_basket_is_spread_over_what_was_sold() -> None:
    bought = lines_of(("free", 1, 0), ("x", 1, 1), ("y", 2, 1), ("z", 1, 1), ("deal", 1, -2))
    outcome = play([program(), *(spend(code=sku, item_scope={"include": [sku]}) for sku in ("x", "y", "z", "deal"))],
                   GOOD | {"lines": bought, "total": 1})  # fmt: skip
    assert outcome.progress == {("z", "ann"): 1}
    pieces = play([program(), spend(measure="pieces")], GOOD | {"lines": bought, "total": 1})
    assert pieces.progress == {("spend", "ann"): 1} and pieces.spending == {("classic", "ann"): 1}


def test_what_is_given_back_in_a_sale_is_a_refund_without_an_order() -> None:
    exchange = GOOD | {"lines": lines_of(("x", 1, 60), ("y", -2, -50)), "total": 10, "service_type": "delivery"}
    assert play(RULES, exchange).progress == {("spend", "ann"): 10}
    assert play(RULES, exchange).spending == {("classic", "ann"): 10}
    # It names no service type, and what is given back is nothing that could be given back again.
    assert play([program(), spend(service_types=["delivery"])], exchange).progress == {("spend", "ann"): 60}
    assert play(RULES, exchange, refund("r", "a", at(1), ("y", 2, 50))).progress == {("spend", "ann"): 10}


def test_weighed_goods_are_one_piece() -> None:
    rules = [program(), spend(measure="pieces")]
    bought = GOOD | {"lines": [{"sku": "ham", "quantity": "0.700", "amount": 700}, SOLD, {"sku": "y", "quantity": 2.0, "amount": 9}],
                     "total": None}  # fmt: skip
    half = refund("r", "a", at(1)) | {"lines": [{"sku": "ham", "quantity": 0.35, "amount": 350}], "total": None}
    assert play(rules, bought).progress == {("spend", "ann"): 4}
    assert play(rules, bought, half).progress == {("spend", "ann"): 4}
    assert play(rules, bought, half, half | {"refund_id": "s"}).progress == {("spend", "ann"): 3}


def test_receipts_and_web_orders() -> None:
    parts = {"store": "n-1", "till": "t", "business_date": "2024-01-01", "number": "7"}
    items = [{"plu": "x", "qty": 1, "net": 60}, {"plu": "y", "qty": 1, "net": 5, "voided": True}]
    receipt = {
        "receipt": parts | {"kind": "SALE", "closed_at": at(1), "currency": "GBP", "items": items, "sum": 60, "loyalty_card": "ann"}
    }
    back = {"receipt": receipt["receipt"] | {"kind": "RETURN", "number": "8", "returns": parts}}
    web = {"web_order": {"number": "w", "shop": "web", "created_at": at(1), "currency": "GBP", "customer": {"member_id": "ann"}, "total": 9,
                         "items": [{"sku": "x", "quantity": 1, "line_total": 4}], "fulfilment": {"method": "ship", "fee": 5}}}  # fmt: skip
    training = {"receipt": receipt["receipt"] | {"kind": "TRAINING", "number": "9"}}
    assert play(RULES, receipt, training, web).progress == {("spend", "ann"): 64}
    assert play(RULES, receipt, {"schema": None, "payload": back}, b"\0\0\0\0\1" + json.dumps(web).encode()).progress == {
        ("spend", "ann"): 4
    }
    # The same receipt in the shape of spec 1.1: known by its business key.
    same = GOOD | {"terminal_id": "t", "receipt_no": 7, "business_date": "2024-01-01"}
    assert play(RULES, same, receipt, back).progress == {("spend", "ann"): 0}
