"""Each feed's own shape becomes the document of spec 1.1 and 1.2 (spec 1.3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rules.documents.judging import Judging
from rules.documents.kind import Document
from rules.documents.kinds import validate
from rules.documents.purchase import Purchase
from rules.documents.refund import Refund
from streams.decode import Limits, Malformed, decode
from streams.topics import ONLINE_ORDERS, POS_ORDERS
from tests.oracle.examples import at, order, refund
from tests.streams.feeds.shapes import receipt, web_order

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
LIMITS = Limits(1024 * 1024, 5_000)


def read(topic: str, document: dict[str, Any]) -> Document:
    found = decode(topic, json.dumps(document).encode(), LIMITS)
    validate(found, NOON_MS, Judging(LIMITS.document_lines, NOON_MS))
    return found


def test_a_receipt_becomes_an_order() -> None:
    found = read(POS_ORDERS, receipt())
    expected = order(
        "s-1-till-2-2024-01-01-77",
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
    assert isinstance(found, Purchase) and found == read(POS_ORDERS, expected)


@pytest.mark.parametrize("returned", ["s-1-till-2-2024-01-01-77", None])
def test_a_return_becomes_a_refund(returned: str | None) -> None:
    found = read(POS_ORDERS, receipt(kind="RETURN", number="78", returns=returned, sum=150))
    own = {"terminal_id": "till-2", "receipt_no": "78", "business_date": "2024-01-01"}
    expected = refund("s-1-till-2-2024-01-01-78", returned, at(1), ("x", 2, 100), ("y", 1, 50), store_id="s-1", **own)
    assert isinstance(found, Refund) and found == read(POS_ORDERS, expected)


@pytest.mark.parametrize(("method", "service_type"), [("ship", "delivery"), ("collect", "self_pickup")])
def test_a_web_order_becomes_an_order(method: str, service_type: str) -> None:
    found = read(ONLINE_ORDERS, web_order(fulfilment={"method": method, "fee": 4}))
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
    assert isinstance(found, Purchase) and found == read(ONLINE_ORDERS, expected)


def test_a_returned_web_order_becomes_a_refund() -> None:
    returned = web_order(number="w-2", event="returned", return_of="w-1", total=150, fulfilment=None, paid=[])
    found = read(ONLINE_ORDERS, returned)
    expected = refund("w-2", "w-1", at(1), ("x", 2, 100), ("y", 1, 50), store_id="web-gb", channel="online")
    assert isinstance(found, Refund) and found == read(ONLINE_ORDERS, expected)


def test_a_guest_is_anonymous() -> None:
    assert read(ONLINE_ORDERS, web_order(customer={})).member_id is None
    assert read(POS_ORDERS, receipt(loyalty_card=None)).member_id is None


def test_a_shape_is_told_by_its_json_and_not_by_how_it_begins() -> None:
    expected = read(POS_ORDERS, receipt())
    assert read(POS_ORDERS, {"till_version": 4, **receipt(), "sent": True}) == expected
    written = b'\r\n{ "till_version": 4,\n"receipt" : ' + json.dumps(receipt()["receipt"], indent=1).encode() + b"}"
    assert decode(POS_ORDERS, written, LIMITS) == expected
    assert read(ONLINE_ORDERS, {"source": "app", **web_order()}) == read(ONLINE_ORDERS, web_order())
    # One of ours, in which a till says more than we ask for.
    assert read(POS_ORDERS, order("a", at(1), ("x", 1, 60)) | receipt()) == read(POS_ORDERS, order("a", at(1), ("x", 1, 60)))


@pytest.mark.parametrize("topic", [POS_ORDERS, ONLINE_ORDERS])
def test_the_canonical_shape_is_taken_on_both(topic: str) -> None:
    assert isinstance(read(topic, order("a", at(1), ("x", 1, 60), channel="pos")), Purchase)
    assert isinstance(read(topic, order("a", at(1), ("x", 1, 60), channel="online")), Purchase)


def test_a_feed_takes_no_other_feeds_shape() -> None:
    for topic, document in ((ONLINE_ORDERS, receipt()), (POS_ORDERS, web_order())):
        with pytest.raises(Malformed, match="/type: expected one of"):
            read(topic, document)
