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
        (b"[" * 100_000, "not a JSON object"),
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
        ({"type": "sale"}, "Invalid value 'sale' - at `$.type`"),
        ({"total": 61}, "total: 61, but lines (60) and fees (0) add up to 60"),
        ({"fees": 5}, "total: 60, but lines (60) and fees (5) add up to 65"),
        ({"payments": [{"method": "card", "amount": 59}]}, "payments: they add up to 59, total is 60"),
        ({"payments": [{"method": "cheque", "amount": 60}]}, "at `$.payments[0].method`"),
        ({"payments": [{"method": "card", "amount": 61}, {"method": "cash", "amount": -1}]}, "at `$.payments[1].amount`"),
        ({"currency": "gbp"}, "currency: 'gbp' is not a code of ISO 4217"),
        ({"currency": "LTL"}, "currency: 'LTL' is not a code of ISO 4217, in use or withdrawn in the last ten years"),
        ({"currency": 826}, "at `$.currency`"),
        ({"member_id": ""}, "at `$.member_id`"),
        ({"member_id": 5}, "at `$.member_id`"),
        ({"order_id": None}, "order_id"),
        ({"store_id": None}, "store_id"),
        ({"channel": "kiosk"}, "Invalid enum value 'kiosk' - at `$.channel`"),
        ({"service_type": "drive_in"}, "at `$.service_type`"),
        ({"lines": []}, "at `$.lines`"),
        ({"lines": [{"sku": "x", "quantity": 0, "amount": 60}]}, "at `$.lines[0].quantity`"),
        ({"lines": [{"sku": "x", "quantity": 1, "amount": 60.0}]}, "at `$.lines[0].amount`"),
        ({"lines": [{"sku": "x", "quantity": 1, "amount": "60"}]}, "at `$.lines[0].amount`"),
        ({"lines": [{"sku": "x", "quantity": True, "amount": 60}]}, "at `$.lines[0].quantity`"),
        ({"lines": [{"quantity": 1, "amount": 60}]}, "missing required field `sku` - at `$.lines[0]`"),
        ({"placed_at": "2024-01-01T12:00:00"}, "at `$.placed_at`"),
        ({"placed_at": "yesterday"}, "at `$.placed_at`"),
        ({"placed_at": 1704110400}, "at `$.placed_at`"),
        ({"placed_at": at(2, "12:00:00.001")}, "placed_at: 2024-01-02T12:00:00.001000+00:00 is more than a day after"),
        ({"placed_at": "9999-12-31T23:59:59-05:00"}, "placed_at: expected a time from 0002"),
        ({"placed_at": "0001-01-01T00:00:00+05:00", "imported": True}, "placed_at: expected a time from 0002"),
        ({"member_price": "yes"}, "at `$.member_price`"),
        ({"coupons": "mug"}, "at `$.coupons`"),
    ],
)
def test_what_is_wrong_with_an_order_is_said_by_its_field(change: Document, detail: str) -> None:
    reason, said = refused(GOOD | change)
    assert reason == "invalid" and detail in said


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"total": 61}, "total: 61, but"),
        ({"lines": [{"sku": "x", "quantity": -1, "amount": 60}]}, "at `$.lines[0].quantity`"),
        ({"refunded_at": at(4)}, "refunded_at: 2024-01-04T12:00:00+00:00 is more than a day after"),
        ({"order_id": ""}, "at `$.order_id`"),
        ({"refund_id": None}, "refund_id"),
    ],
)
def test_what_is_wrong_with_a_refund_is_said_by_its_field(change: Document, detail: str) -> None:
    reason, said = refused(BACK | change)
    assert reason == "invalid" and detail in said


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"member_id": None}, "member_id"),
        ({"programs": ["clasic"]}, "there is no program 'clasic'; publish it first, or mend the code"),
        ({"programs": ["classic", {"program": "classic"}]}, "'classic' is listed twice"),
        ({"registered_at": at(3)}, "registered_at: 2024-01-03"),
    ],
)
def test_what_is_wrong_with_a_member_is_said_by_its_field(change: Document, detail: str) -> None:
    reason, said = refused({"type": "member", "member_id": "bob"} | change, topic=MEMBERS)
    assert reason == "invalid" and detail in said


@pytest.mark.parametrize(
    ("topic", "document", "detail"),
    [
        (POS_ORDERS, receipt(sum=161), "receipt.sum: 161, but lines (150) and fees (10) add up to 160"),
        (POS_ORDERS, receipt(items=[{"plu": "x", "qty": "2", "net": 100}]), "at `$.receipt.items[0].qty`"),
        (POS_ORDERS, receipt(tenders=[{"kind": "IOU", "amount": 160}]), "at `$.receipt.tenders[0].kind`"),
        (POS_ORDERS, {"receipt": {"number": "77"}}, "missing required field"),
        (ONLINE_ORDERS, web_order(fulfilment={"method": "drone"}), "at `$.web_order.fulfilment.method`"),
        (ONLINE_ORDERS, web_order(total=1), "web_order.total: 1, but"),
        # Those that are found once it is a document of ours are said as it was sent.
        (POS_ORDERS, receipt(items=[{"plu": "x", "qty": 0, "net": 100}]), "at `$.receipt.items[0].qty`"),
        (POS_ORDERS, receipt(closed_at="2024-01-01T12:00:00"), "at `$.receipt.closed_at`"),
        (POS_ORDERS, receipt(closed_at=at(3)), "receipt.closed_at: 2024-01-03T12:00:00+00:00 is more than a day after"),
        (POS_ORDERS, receipt(number="7" * 257), "at `$.receipt.number`"),
        (POS_ORDERS, receipt(kind="RETURN", returns="7" * 257), "at `$.receipt.returns`"),
        (POS_ORDERS, receipt(tenders=[{"kind": "CARD", "amount": -1}]), "at `$.receipt.tenders[0].amount`"),
        (POS_ORDERS, receipt(tenders=[{"kind": "CARD", "amount": 1}]), "receipt.tenders: they add up to 1, total is 160"),
        (ONLINE_ORDERS, web_order(customer={"member_id": ""}), "at `$.web_order.customer.member_id`"),
        (ONLINE_ORDERS, web_order(items=[{"sku": "", "quantity": 1, "line_total": 1}]), "at `$.web_order.items[0].sku`"),
        (ONLINE_ORDERS, web_order(event="returned", return_of=""), "at `$.web_order.return_of`"),
        # What comes first in it does not tell a shape, nor does what we do not know.
        (POS_ORDERS, {"till_version": 4, **receipt(sum=161)}, "receipt.sum: 161"),
        (POS_ORDERS, {"type": "receipt", **receipt(sum=161)}, "receipt.sum: 161"),
        (POS_ORDERS, GOOD | receipt() | {"total": 61}, "total: 61, but"),
        # A feed's shape is that of its own topic only.
        (ONLINE_ORDERS, receipt(), "missing required field `type`"),
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
    assert refused(most | {"lines": lines_of(*[("x", 1, 0)] * 5_001)}) == ("invalid", "lines: 5001, more than the 5000 allowed")


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
