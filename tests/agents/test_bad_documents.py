"""Bad documents: each ends in the dead letters with its bytes and what is wrong, and the flow goes on (spec 1.6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rules.spending.purchase import GrantLimits
from rules.times import DAY_MS
from streams.decode import Limits
from streams.topics import MEMBERS, ONLINE_ORDERS, POS_ORDERS
from tests.folding import Folding
from tests.oracle.examples import at, lines_of, order, program, refund, spend
from tests.streams.feeds.shapes import receipt, web_order

Document = dict[str, Any]

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
RULES = [program(), spend()]
GOOD = order("a", at(1), ("x", 1, 60))
OF_MINOR_UNITS = "expected a whole number of minor units, from -1000000000000000 to 1000000000000000"
BACK = refund("r", None, at(1), ("x", 1, 60))


def refused(raw: Document | bytes | None, *, topic: str = POS_ORDERS, **settings: Any) -> tuple[str, str]:
    """Reason and detail of the one dead letter; a good order before it and one after it count."""
    folding = Folding(RULES, **settings)
    folding.take(order("before", at(1), ("x", 1, 30)), now_ms=NOON_MS)
    folding.take(raw, topic=topic, now_ms=NOON_MS)
    folding.take(order("after", at(1), ("x", 1, 70)), now_ms=NOON_MS)
    folding.turn()
    folding.sweep(NOON_MS + 36 * DAY_MS)
    (letter,) = folding.values("dead-letters")
    ((_, bytes_),) = folding.dead_letters()
    assert bytes_ == (json.dumps(raw).encode() if isinstance(raw, dict) else raw or b"")
    assert letter["source"] == f"{topic}/0/1"
    assert letter["received_at"] == "2024-01-01T12:00:00+00:00"
    assert [grant["ordinal"] for grant in folding.grants()] == [1]
    assert folding.progress() == {("spend", "ann"): 100}
    return letter["reason"], letter["detail"]


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


def test_more_than_a_mebibyte_is_too_large() -> None:
    room = 1024 * 1024 - len(json.dumps(GOOD | {"note": ""}))
    folding = Folding(RULES)
    folding.take(GOOD | {"note": "x" * room}, now_ms=NOON_MS)
    folding.turn()
    assert folding.reasons() == []
    reason, detail = refused(GOOD | {"note": "x" * (room + 1)})
    assert (reason, detail) == ("too_large", "1048577 bytes, more than the 1048576 allowed")


def test_more_than_5000_lines_are_too_many() -> None:
    most = order("a", at(1), *[("x", 1, 0)] * 5_000)
    folding = Folding(RULES)
    folding.take(most, now_ms=NOON_MS)
    folding.turn()
    assert folding.reasons() == []
    assert refused(most | {"lines": lines_of(*[("x", 1, 0)] * 5_001)}) == ("invalid", "/lines: expected 5000 at most; got 5001")


def test_more_than_10000_grants_of_one_activity_are_too_many() -> None:
    folding = Folding(RULES)
    folding.take(order("a", at(1), ("x", 1, 10_000 * 100)), now_ms=NOON_MS)
    folding.turn()
    assert len(folding.grants()) == 10_000
    reason, detail = refused(order("a", at(1), ("x", 1, 10_001 * 100)))
    assert (reason, detail) == ("too_many_grants", "the order owes 10001 grants of activity spend, more than 10000")


def test_each_limit_is_a_setting() -> None:
    assert refused(GOOD | {"note": "x" * 700}, limits=Limits(600, 9))[0] == "too_large"
    assert refused(order("a", at(1), ("x", 1, 1), ("x", 1, 1)), limits=Limits(600, 1))[0] == "invalid"
    assert refused(order("a", at(1), ("x", 1, 400)), grant_limits=GrantLimits(3, 9))[0] == "too_many_grants"


def test_the_grants_of_one_order_are_limited_over_all_activities_too() -> None:
    activities = [spend(code=f"a{number}", threshold=100) for number in range(4)]
    folding = Folding([program(), *activities], grant_limits=GrantLimits(3, 10))
    folding.take(order("a", at(1), ("x", 1, 200)), now_ms=NOON_MS)
    folding.take(order("b", at(1), ("x", 1, 300)), now_ms=NOON_MS)
    folding.turn()
    # 4 times 2, then 4 times 3.
    assert folding.reasons() == ["too_many_grants"]
    assert {grant["order_id"] for grant in folding.grants()} == {"a"} and len(folding.grants()) == 8


@pytest.mark.parametrize("kind", ["order", "refund"])
def test_a_sum_that_could_not_be_kept_is_refused_when_it_would_come(kind: str) -> None:
    most = 10**15
    folding = Folding([program(10**9), spend(mode="once", threshold=10**9)])
    documents = [
        order(f"o{number}", at(1), ("x", 1, most)) if kind == "order" else refund(f"r{number}", None, at(1), ("x", 1, most))
        for number in range(4_620)
    ]
    for document in documents:
        folding.take(document, now_ms=NOON_MS)
    folding.turn()
    # Sums of 62 bits hold 4,611 of the largest.
    assert folding.reasons() == ["invalid"] * 9
    assert abs(folding.spending()["classic", "ann"]) == 4_611 * most
    folding.take(order("small", at(1), ("x", 1, 10)), now_ms=NOON_MS)
    folding.turn()
    assert folding.reasons() == ["invalid"] * 9


def test_null_is_left_out() -> None:
    folding = Folding(RULES)
    optional = ["fees", "payments", "coupons", "promotions", "service_type", "member_price", "imported", "received_at"]
    folding.take(GOOD, now_ms=NOON_MS)
    folding.take(GOOD | dict.fromkeys(optional), now_ms=NOON_MS)
    folding.turn()
    assert folding.reasons() == []
    assert folding.progress() == {("spend", "ann"): 60}


def large_refund(number: int, member_id: str = "ann", size: int = 400_000) -> dict[str, Any]:
    """A refund of an order that has not come."""
    return refund(f"r{number}", f"none{number}", at(1), ("x", 1, 1)) | {"member_id": member_id, "note": "x" * size}


def test_refunds_that_wait_for_their_orders_are_limited_for_each_member() -> None:
    folding = Folding(RULES)
    for number in range(20):
        folding.take(large_refund(number), now_ms=NOON_MS)
    folding.take(order("a", at(1), ("x", 1, 60)), now_ms=NOON_MS)
    folding.turn()
    member = folding.member("ann")
    assert member is not None and len(member.held) == 5
    assert folding.reasons() == ["too_large"] * 15
    assert folding.progress() == {("spend", "ann"): 60}


def test_a_turn_ends_before_what_it_keeps_is_too_large() -> None:
    folding = Folding(RULES, turn_bytes=1_000_000)
    members = [f"m{number}" for number in range(12)]
    for number, member_id in enumerate(members):
        folding.take(large_refund(number, member_id), now_ms=NOON_MS)
    folding.turn()
    (table,) = folding.tables
    before = table.head.turn
    for member_id in members:
        folding.take(order("a", at(1), ("x", 1, 60)) | {"member_id": member_id}, now_ms=NOON_MS)
    folding.turn()
    # Each turn writes the records of three members, who hold 400 kB each.
    assert table.head.turn - before == 4
    folding.sweep(NOON_MS + 40 * DAY_MS)
    assert folding.reasons() == ["unknown_order"] * 12
    # And gives up what they hold in six: a member's record, and the dead letter of as many bytes.
    assert table.head.turn - before == 10
