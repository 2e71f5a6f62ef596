"""Each feed's own shape becomes the document of spec 1.1 and 1.2, by the same rules (spec 1.3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rules.documents.kind import Document
from rules.documents.purchase import Purchase
from rules.documents.refund import Refund
from streams.decode import Limits, Malformed, decode, look_again
from streams.feeds.feed import PassedOver
from tests.oracle.examples import at, order, refund
from tests.streams.feeds.shapes import receipt, web_order

LIMITS = Limits(1024 * 1024, 5_000)
# Of the receipt that `receipt()` is.
RECEIPT_ID = "s%2D1-till%2D2-2024-01-01-77"


def read(document: dict[str, Any]) -> Document:
    return decode(json.dumps(document).encode(), LIMITS)


def refused(document: dict[str, Any]) -> str:
    with pytest.raises(Malformed) as caught:
        read(document)
    assert caught.value.reason == "invalid"
    return str(caught.value)


def test_a_receipt_becomes_an_order() -> None:
    found = read(receipt())
    expected = order(
        RECEIPT_ID,
        at(1),
        ("x", 2, 100),
        ("y", 1, 50),
        fees=10,
        store_id="s-1",
        terminal_id="till-2",
        receipt_no="77",
        business_date="2024-01-01",
        service_type="self_pickup",
        payments=[{"method": "cash", "amount": 60}, {"method": "gift_card", "amount": 100}],
        coupons=["mug"],
        promotions=["spring"],
    )
    assert isinstance(found, Purchase) and found == read(expected)


@pytest.mark.parametrize(
    ("returns", "order_id"),
    [
        ({"number": "77"}, RECEIPT_ID),
        ({"store": "s-1", "till": "till-2", "business_date": 20240101, "number": 77}, RECEIPT_ID),
        ({"store": 5, "till": None, "number": "77"}, "5-till%2D2-2024-01-01-77"),
        ({"order_id": "w-1"}, "w-1"),
        # As it was written before: of the return's own till.
        ("s-1-till-2-2024-01-01-77", RECEIPT_ID),
        (RECEIPT_ID, RECEIPT_ID),
        ("536365", "536365"),
        (536365, "536365"),
        ("", None),
        (None, None),
    ],
)
def test_a_return_becomes_a_refund_of_the_receipt_that_it_names(returns: Any, order_id: str | None) -> None:
    found = read(receipt(kind="RETURN", number="78", returns=returns, sum=150))
    own = {"terminal_id": "till-2", "receipt_no": "78", "business_date": "2024-01-01"}
    expected = refund("s%2D1-till%2D2-2024-01-01-78", order_id, at(1), ("x", 2, 100), ("y", 1, 50), store_id="s-1", **own)
    assert isinstance(found, Refund) and found == read(expected)


@pytest.mark.parametrize(("method", "service_type"), [("ship", "delivery"), ("collect", "self_pickup")])
def test_a_web_order_becomes_an_order(method: str, service_type: str) -> None:
    found = read(web_order(fulfilment={"method": method, "fee": 4}))
    expected = order(
        "w-1",
        at(1),
        ("x", 2, 100),
        ("y", 1, 50),
        fees=4,
        store_id="web-gb",
        channel="online",
        service_type=service_type,
        payments=[{"method": "card", "amount": 104}, {"method": "prepaid_balance", "amount": 50}],
        coupons=["mug"],
        promotions=["spring"],
    )
    assert isinstance(found, Purchase) and found == read(expected)


@pytest.mark.parametrize(
    ("return_of", "order_id"),
    [
        ("w-1", "w-1"),
        (5, "5"),
        (None, None),
        ({"store": "s-1", "till": "till-2", "business_date": "2024-01-01", "number": "77"}, RECEIPT_ID),
    ],
)
def test_a_returned_web_order_becomes_a_refund(return_of: Any, order_id: str | None) -> None:
    found = read(web_order(number="w-2", event="returned", return_of=return_of, total=150, fulfilment=None, paid=[]))
    expected = refund("w-2", order_id, at(1), ("x", 2, 100), ("y", 1, 50), store_id="web-gb", channel="online")
    assert isinstance(found, Refund) and found == read(expected)


def test_a_guest_is_anonymous() -> None:
    for customer in ({}, None, {"member_id": None}, {"member_id": ""}):
        assert read(web_order(customer=customer)).member_id is None
    for card in (None, ""):
        assert read(receipt(loyalty_card=card)).member_id is None


def test_numbers_nulls_and_fields_that_we_do_not_know_are_taken_as_in_spec_1_1() -> None:
    items = [{"plu": 5, "qty": "0.350", "net": 100.0, "voided": None, "vat": "A"}, {"plu": "y", "qty": 1.0, "net": 50}]
    written = receipt(
        number=77,
        store=1,
        till=2,
        business_date=20240101,
        items=items,
        sum=1.6e2,
        loyalty_card=17850,
        tip=10.0,
        voided=None,
        printer={},
    )
    found = read(written)
    expected = order(
        "1-2-2024-01-01-77",
        at(1),
        fees=10,
        store_id="1",
        member_id="17850",
        terminal_id=2,
        receipt_no=77,
        business_date=20240101,
        service_type="self_pickup",
        payments=[{"method": "cash", "amount": 60}, {"method": "gift_card", "amount": 100}],
        coupons=["mug"],
        promotions=["spring"],
    )
    lines = [{"sku": "5", "quantity": 0.35, "amount": 100}, {"sku": "y", "quantity": 1, "amount": 50}]
    assert found == read(expected | {"lines": lines, "total": 160})
    nothing = dict.fromkeys(
        ("tip", "tax", "rounding", "sum", "tenders", "service", "vouchers", "promotions", "member_price", "imported")
    )
    assert read(receipt(**nothing)) == read(receipt(**dict.fromkeys(nothing, None)))
    assert isinstance(read(receipt(**nothing)), Purchase)


def test_tax_rounding_change_and_what_was_given_back_in_the_same_sale_are_taken() -> None:
    items = [{"plu": "x", "qty": 2, "net": 100}, {"plu": "old", "qty": -1, "net": -40}, {"plu": "deal", "qty": 0, "net": -5}]
    paid = {"tip": 3, "tax": 12, "rounding": -2, "sum": 68, "change": 32}
    lines = [{"sku": sku, "quantity": quantity, "amount": amount} for sku, quantity, amount in (map(dict.values, items))]
    same: dict[str, Any] = {"lines": lines, "fees": 3, "tax": 12, "rounding": -2, "total": 68, "change": 32, "currency": "GBP"}
    as_a_receipt = receipt(items=items, **paid, tenders=[], vouchers=None, promotions=None, service=None)
    known = {"terminal_id": "till-2", "receipt_no": "77", "business_date": "2024-01-01", "store_id": "s-1"}
    assert read(as_a_receipt) == read(order(RECEIPT_ID, at(1), **known) | same)
    shop = {"created_at": at(1), "number": "w-1", "shop": "s-1", "currency": "GBP", "customer": {"member_id": "ann"}}
    goods = [{"sku": sku, "quantity": quantity, "line_total": amount} for sku, quantity, amount in (map(dict.values, items))]
    web = {"web_order": shop | {"items": goods, "fulfilment": {"fee": 3}, "tax": 12, "rounding": -2, "total": 68}}
    assert read(web) == read(order("w-1", at(1), store_id="s-1", channel="online") | same)


@pytest.mark.parametrize(
    ("document", "field", "word"),
    [
        (receipt(tenders=[{"kind": "IOU", "amount": 160}]), "method", "IOU"),
        (receipt(service="DRIVE_THRU"), "service_type", "DRIVE_THRU"),
        (web_order(fulfilment={"method": "drone", "fee": 4}), "service_type", "drone"),
        (web_order(paid=[{"by": "paypal", "amount": 154}]), "method", "paypal"),
    ],
)
def test_words_that_nobody_knows_are_noted(document: dict[str, Any], field: str, word: str) -> None:
    found = look_again(json.dumps(document).encode(), None)
    assert found.unknown == [(field, word)]
    assert isinstance(found.document, Purchase)
    assert [payment.method for payment in found.document.payments if field == "method"] in ([], ["other"])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "VOID"}, "voided"),
        ({"kind": "TRAINING"}, "training"),
        ({"voided": True}, "voided"),
        ({"training": True}, "training"),
        # Whatever else is wrong with it.
        ({"kind": "VOID", "items": None, "closed_at": "never", "number": []}, "voided"),
        # Nothing is left of it.
        ({"items": [{"plu": "x", "qty": 2, "net": 100, "voided": True}], "sum": 0}, "voided"),
        ({"items": [{"plu": "x", "voided": True}], "sum": None, "kind": "RETURN"}, "voided"),
    ],
)
def test_what_is_voided_or_of_training_is_passed_over(change: dict[str, Any], why: str) -> None:
    with pytest.raises(PassedOver) as caught:
        read(receipt(**change))
    assert caught.value.why == why


def test_a_voided_line_is_passed_over_and_the_others_keep_their_places() -> None:
    void = {"plu": "v", "qty": 1, "net": 999, "voided": True}
    items = [void, {"plu": "x", "qty": 2, "net": 100, "voided": False}, void, {"plu": "y", "qty": 1, "net": 50}]
    assert read(receipt(items=items)) == read(receipt())
    items[3] = {"plu": "y", "qty": 1, "net": "50"}
    assert refused(receipt(items=items)).startswith("/receipt/items/3/net: expected a whole number of minor units")
    # All of them, and something was paid.
    assert refused(receipt(items=[void])).startswith("/receipt/items: ")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (receipt(kind="REFUND"), "/receipt/kind: expected SALE, RETURN, VOID or TRAINING; got 'REFUND'"),
        (receipt(kind=None), "/receipt/kind: expected SALE, RETURN, VOID or TRAINING; "),
        (receipt(kind=["VOID"]), "/receipt/kind: expected SALE"),
        (receipt(voided="yes"), "/receipt/voided: expected true or false; got 'yes'"),
        (receipt(items=[{"plu": "x", "qty": 1, "net": 1, "voided": 1}]), "/receipt/items/0/voided: expected true or false; got 1"),
        (receipt(till=None), "/receipt/till: expected text of 1 to 256 characters, or a whole number; it is missing"),
        (receipt(store=True), "/receipt/store: expected text of 1 to 256 characters, or a whole number; got true"),
        (receipt(number=1.5), "/receipt/number: expected text of 1 to 256 characters, or a whole number; got 1.5"),
        (receipt(number="7" * 257), "/receipt/number: expected text of 1 to 256 characters"),
        (receipt(number="\ud800"), "/receipt/number: expected"),
        (receipt(number="\ud800" * 200, store="s" * 200), "/receipt/number: expected"),
        (receipt(items="none"), "/receipt/items: expected"),
        (receipt(items=["x"]), "/receipt/items/0: expected an object"),
        (receipt(items=[{"plu": "", "qty": 1, "net": 1}]), "/receipt/items/0/plu: expected"),
        (receipt(items=[{"plu": "x", "qty": "two", "net": 1}]), "/receipt/items/0/qty: expected"),
        (receipt(tenders=[{"kind": "GIFT_CARD", "amount": "1"}]), "/receipt/tenders/0/amount: expected"),
        (receipt(tenders={"kind": "CARD"}), "/receipt/tenders: expected a list"),
        (receipt(sum="160"), "/receipt/sum: expected"),
        (receipt(tip=-1), "/receipt/tip: expected"),
        (receipt(loyalty_card=[1]), "/receipt/loyalty_card: expected"),
        (receipt(closed_at="2024-01-01T12:00:00"), "/receipt/closed_at: expected a time with an offset"),
        (receipt(vouchers="mug"), "/receipt/vouchers: expected a list"),
        (receipt(kind="RETURN", returns="7" * 257), "/receipt/returns: expected"),
        (receipt(kind="RETURN", returns={"store": "x"}), "/receipt/returns/number: expected"),
        (receipt(kind="RETURN", returns=["x"]), "/receipt/returns: expected"),
        (
            receipt(kind="RETURN", returns="leeds-1-t1-2026-03-01-1"),
            "/receipt/returns: expected {store, till, business_date, number}",
        ),
        ({"receipt": 5}, "/receipt: expected an object; got 5"),
        (web_order(event="cancelled"), "/web_order/event: expected placed or returned; got 'cancelled'"),
        (web_order(customer="ann"), "/web_order/customer: expected an object; got 'ann'"),
        (web_order(customer={"member_id": 1.5}), "/web_order/customer/member_id: expected"),
        (web_order(fulfilment=[]), "/web_order/fulfilment: expected an object; got a list"),
        (web_order(fulfilment={"fee": "4"}), "/web_order/fulfilment/fee: expected"),
        (web_order(items=[{"sku": "", "quantity": 1, "line_total": 1}]), "/web_order/items/0/sku: expected"),
        (web_order(items=[{"sku": "x", "quantity": 1}]), "/web_order/items/0/line_total: expected"),
        (web_order(paid=[{"by": "balance"}]), "/web_order/paid/0/amount: expected"),
        (web_order(event="returned", return_of=True), "/web_order/return_of: expected"),
        (web_order(event="returned", return_of={"number": 5}), "/web_order/return_of/store: expected"),
        (web_order(number=None), "/web_order/number: expected"),
        (web_order(created_at="now"), "/web_order/created_at: expected"),
    ],
)
def test_what_is_wrong_is_said_by_where_it_was_sent(document: dict[str, Any], said: str) -> None:
    assert refused(document).startswith(said)


def test_a_shape_is_told_by_its_json_and_not_by_how_it_begins() -> None:
    expected = read(receipt())
    assert read({"till_version": 4, **receipt(), "sent": True}) == expected
    assert read({"type": "receipt", **receipt()}) == expected
    assert read({"web_order": None, **receipt()}) == expected
    written = b'\r\n{ "till_version": 4,\n"receipt" : ' + json.dumps(receipt()["receipt"], indent=1).encode() + b"}"
    assert decode(written, LIMITS) == expected
    assert read({"source": "app", **web_order()}) == read(web_order())
    # One of ours, in which a till says more than we ask for.
    assert read(order("a", at(1), ("x", 1, 60)) | receipt()) == read(order("a", at(1), ("x", 1, 60)))
    assert refused({"receipts": []}).startswith(
        "/type: expected one of purchase, refund, member, claim, payment, points, test_send; it is missing"
    )
