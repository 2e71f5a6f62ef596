"""Bad documents: each ends in the dead letters with its bytes and what is wrong, and the flow goes on (spec 1.6)."""

from __future__ import annotations

import json

import pytest

from streams.topics import MEMBERS, ONLINE_ORDERS, POS_ORDERS
from tests.agents.refused import GOOD, NOON_MS, RULES, Document, refused
from tests.folding import Folding
from tests.oracle.examples import at, refund
from tests.streams.feeds.shapes import receipt, web_order

OF_MINOR_UNITS = "expected a whole number of minor units, from -1000000000000000 to 1000000000000000"
BACK = refund("r", None, at(1), ("x", 1, 60))


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (None, "the record has no value"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (json.dumps(GOOD).encode()[:-1], "not JSON"),
        (json.dumps(GOOD).encode() + b"}", "not JSON"),
        (json.dumps(GOOD).encode()[:-1] + b',"note":NaN}', "not JSON"),
        (json.dumps(GOOD).encode()[:-1] + b',"note":"\xff"}', "not JSON"),
        (b'{"type":"sale","note":"\xff"}', "not JSON"),
        (b'{"type":"sale",', "not JSON"),
        (b'{"lines":' * 5_000, "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b'"purchase"', "not a JSON object"),
        (b"null", "not a JSON object"),
    ],
)
def test_what_is_not_json_is_undecodable(raw: bytes | None, detail: str) -> None:
    reason, said = refused(raw)
    assert reason == "undecodable" and detail in said


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"type": "sale"}, "/type: expected one of purchase, refund, member, claim, payment, points, test_send; got 'sale'"),
        ({"type": "Purchase"}, "/type: expected"),
        ({"total": 61}, "/total: expected 60, the lines (60) with fees, tax and rounding (0); got 61"),
        ({"fees": 5}, "/total: expected 65, the lines (60) with fees, tax and rounding (5); got 60"),
        ({"payments": [{"method": "gift_card", "amount": 61}]}, "/payments: expected at most the total, 60, from gift cards"),
        ({"payments": [None, {"method": "points", "amount": -1}]}, "/payments/1/amount: expected a whole number of minor units"),
        ({"payments": [{"method": "points"}]}, "/payments/0/amount: expected a whole number of minor units, from 0 to"),
        ({"payments": {"method": "card", "amount": 60}}, "/payments: expected a list; got an object"),
        ({"payments": ["card"]}, "/payments/0: expected an object; got 'card'"),
        ({"currency": "gbp"}, "/currency: expected a code of ISO 4217, or one that a definition names; got 'gbp'"),
        ({"currency": "LTL"}, "/currency: expected a code of ISO 4217"),
        ({"currency": 826}, "/currency: expected text; got 826"),
        ({"member_id": True}, "/member_id: expected text of 1 to 256 characters, or a whole number; got true"),
        ({"member_id": 1.5}, "/member_id: expected"),
        ({"member_id": "m" * 257}, "/member_id: expected"),
        ({"order_id": None}, "/order_id: expected text or a whole number; it is missing"),
        ({"order_id": ""}, "/order_id: expected text of 1 to 256 characters, or a whole number; got ''"),
        ({"store_id": None}, "/store_id: expected text or a whole number; it is missing"),
        ({"channel": "phone"}, "/channel: expected one of pos, online, kiosk, app, web; got 'phone'"),
        ({"channel": "POS"}, "/channel: expected"),
        ({"lines": []}, "/lines: expected at least one line; got a list"),
        ({"lines": None}, "/lines: expected at least one line; it is missing"),
        ({"lines": [None]}, "/lines: expected at least one line"),
        ({"lines": [{"sku": "x", "quantity": -1, "amount": 60}]}, "/lines/0/amount: expected 0 or less, as the quantity"),
        ({"lines": [{"sku": "x", "quantity": 1, "amount": 60.5}]}, "/lines/0/amount: expected a whole number of minor units"),
        ({"lines": [{"sku": "x", "quantity": 1, "amount": "60"}]}, "/lines/0/amount: expected a whole number of minor units"),
        (
            {"lines": [{"sku": "x", "quantity": True, "amount": 60}]},
            "/lines/0/quantity: expected a whole number, or a number or text",
        ),
        (
            {"lines": [{"sku": "x", "quantity": 0.3505, "amount": 60}]},
            "/lines/0/quantity: expected a whole number, or a number or text",
        ),
        ({"lines": [{"quantity": 1, "amount": 60}]}, "/lines/0/sku: expected text or a whole number; it is missing"),
        (
            {"placed_at": "2024-01-01T12:00:00"},
            "/placed_at: expected a time with an offset, such as 2026-03-01T08:26:00+00:00; got",
        ),
        ({"placed_at": "yesterday"}, "/placed_at: expected a time with an offset"),
        ({"placed_at": "2024-02-30T12:00:00Z"}, "/placed_at: expected a time that there is (day is out of range for month)"),
        ({"placed_at": 1704110400}, "/placed_at: expected a time, as text; got 1704110400"),
        ({"placed_at": at(2, "12:00:00.001")}, "/placed_at: 2024-01-02T12:00:00.001000+00:00 is more than a day after"),
        ({"placed_at": "9999-12-31T23:59:59-05:00"}, "/placed_at: expected a time from 0002"),
        ({"placed_at": "0001-01-01T00:00:00+05:00", "imported": True}, "/placed_at: expected a time from 0002"),
        ({"member_price": "yes"}, "/member_price: expected true or false; got 'yes'"),
        ({"coupons": "mug"}, "/coupons: expected a list; got 'mug'"),
        (receipt(kind=None), "/receipt/kind: expected SALE, RETURN, VOID or TRAINING; it is missing"),
    ],
)
def test_what_is_wrong_with_an_order_is_said_by_its_field(change: Document, detail: str) -> None:
    reason, said = refused(change if "receipt" in change else GOOD | change)
    assert reason == "invalid" and detail in said


@pytest.mark.parametrize("number", ["1e99999999999999999999", "-1E-99999999999999999999", "9e1000000000000000000"])
def test_a_number_beyond_what_a_decimal_has_is_none_of_ours_and_no_error_either(number: str) -> None:
    # Of the tolerant form, as the order's own number says.
    written = (
        json.dumps(GOOD | {"order_id": 5, "lines": [{"sku": "x", "quantity": 1, "amount": "@"}]}).replace('"@"', number).encode()
    )
    assert refused(written) == ("invalid", f"/lines/0/amount: {OF_MINOR_UNITS}; got a number out of all range")
    folding = Folding(RULES)
    folding.take(json.dumps(GOOD | {"order_id": 5, "more": "@"}).replace('"@"', number).encode(), now_ms=NOON_MS)
    folding.turn()
    assert folding.progress() == {("spend", "ann"): 60} and folding.dead_letters() == []


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"total": 61}, "/total: expected 60"),
        ({"lines": [{"sku": "x", "quantity": -1, "amount": 60}]}, "/lines/0/quantity: expected from 0 to"),
        (
            {"lines": [{"sku": "x", "quantity": 1, "amount": -60}]},
            "/lines/0/amount: expected a whole number of minor units, from 0",
        ),
        ({"refunded_at": at(4)}, "/refunded_at: 2024-01-04T12:00:00+00:00 is more than a day after"),
        ({"refund_id": None}, "/refund_id: expected text or a whole number; it is missing"),
    ],
)
def test_what_is_wrong_with_a_refund_is_said_by_its_field(change: Document, detail: str) -> None:
    reason, said = refused(BACK | change)
    assert reason == "invalid" and detail in said


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"member_id": None}, "/member_id: expected"),
        ({"programs": ["clasic"]}, "there is no program 'clasic'; publish it first, or mend the code"),
        ({"programs": ["classic", {"program": "classic"}]}, "'classic' is listed twice"),
        ({"registered_at": at(3)}, "/registered_at: 2024-01-03"),
    ],
)
def test_what_is_wrong_with_a_member_is_said_by_its_field(change: Document, detail: str) -> None:
    reason, said = refused({"type": "member", "member_id": "bob"} | change, topic=MEMBERS)
    assert reason == "invalid" and detail in said


@pytest.mark.parametrize(
    ("topic", "document", "detail"),
    [
        (POS_ORDERS, receipt(sum=161), "/receipt/sum: expected 160"),
        (ONLINE_ORDERS, web_order(total=1), "/web_order/total: expected 154"),
        # Those that are found once it is a document of ours are said as it was sent.
        (POS_ORDERS, receipt(items=[{"plu": "x", "qty": -1, "net": 100}]), "/receipt/items/0/net: expected 0 or less"),
        (POS_ORDERS, receipt(closed_at="2024-01-01T12:00:00"), "/receipt/closed_at: expected a time with an offset"),
        (POS_ORDERS, receipt(closed_at=at(3)), "/receipt/closed_at: 2024-01-03T12:00:00+00:00 is more than a day after"),
        (POS_ORDERS, receipt(tenders=[{"kind": "POINTS", "amount": -1}]), "/receipt/tenders/0/amount: expected"),
        (POS_ORDERS, receipt(tenders=[{"kind": "POINTS", "amount": 161}]), "/receipt/tenders: expected at most the total, 160"),
        (ONLINE_ORDERS, web_order(customer={"member_id": "m" * 257}), "/web_order/customer/member_id: expected"),
        (ONLINE_ORDERS, web_order(items=[{"sku": "", "quantity": 1, "line_total": 1}]), "/web_order/items/0/sku: expected"),
        (ONLINE_ORDERS, web_order(event="returned", return_of="7" * 257), "/web_order/return_of: expected"),
        # What comes first in it does not tell a shape, nor does what we do not know.
        (POS_ORDERS, {"till_version": 4, **receipt(sum=161)}, "/receipt/sum: expected 160"),
        (POS_ORDERS, {"type": "receipt", **receipt(sum=161)}, "/receipt/sum: expected 160"),
        (POS_ORDERS, GOOD | receipt() | {"total": 61}, "/total: expected 60"),
        # Either shape is taken on either feed.
        (ONLINE_ORDERS, receipt(sum=161), "/receipt/sum: expected 160"),
    ],
)
def test_what_is_wrong_with_a_feeds_own_shape_is_said_by_its_field(topic: str, document: Document, detail: str) -> None:
    reason, said = refused(document, topic=topic)
    assert reason == "invalid" and detail in said


def test_null_is_left_out() -> None:
    folding = Folding(RULES)
    optional = ["fees", "payments", "coupons", "promotions", "service_type", "member_price", "imported", "received_at"]
    folding.take(GOOD, now_ms=NOON_MS)
    folding.take(GOOD | dict.fromkeys(optional), now_ms=NOON_MS)
    folding.turn()
    assert folding.reasons() == []
    assert folding.progress() == {("spend", "ann"): 60}
