"""What a worker does with a feed's documents beside applying them: zones, what is passed over, what is counted (spec 1.1, 1.3)."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.clock import DocumentsClock
from rules.times import DAY_MS
from streams.topics import ONLINE_ORDERS, POS_ORDERS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend
from tests.streams.feeds.shapes import receipt, web_order

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
RULES = [program(), spend()]


def test_a_turn_of_nothing_but_what_is_passed_over_ends() -> None:
    folding = Folding(RULES, turn_bytes=2_000)
    for _ in range(50):
        folding.take(receipt(kind="VOID"), now_ms=NOON_MS)
    folding.take(receipt(), now_ms=NOON_MS)
    folding.turn()
    assert folding.progress() == {("spend", "ann"): 150}
    assert folding.tables[0].head.turn > 5


@pytest.mark.parametrize("replayed", [False, True])
def test_a_time_without_an_offset_is_on_its_feeds_clock(replayed: bool) -> None:
    zones = {POS_ORDERS: ZoneInfo("America/New_York"), ONLINE_ORDERS: ZoneInfo("Asia/Tokyo")}
    folding = Folding([program(), spend(threshold=10)], clock=DocumentsClock() if replayed else None, zones=zones)
    local = "2024-01-01T07:00:00"
    for topic in (POS_ORDERS, ONLINE_ORDERS):
        folding.take(order(topic, local, ("x", 1, 10)), topic=topic, now_ms=NOON_MS)
    folding.take(receipt(closed_at=local, business_date="2024-01-02"), now_ms=NOON_MS)
    folding.take(web_order(created_at=local), topic=ONLINE_ORDERS, now_ms=NOON_MS)
    folding.turn()
    assert folding.reasons() == []
    when = {grant["order_id"]: grant["occurred_at"] for grant in folding.grants()}
    assert when == {
        POS_ORDERS: "2024-01-01T07:00:00-05:00",
        ONLINE_ORDERS: "2024-01-01T07:00:00+09:00",
        "s%2D1-till%2D2-2024-01-02-77": "2024-01-01T07:00:00-05:00",
        "w-1": "2024-01-01T07:00:00+09:00",
    }


def test_a_refund_that_is_held_is_read_with_its_feeds_zone_even_when_that_is_no_setting_any_more() -> None:
    early = refund("r", "a", "2024-01-01T07:00:00", ("x", 1, 30))
    folding = Folding(RULES, zones={POS_ORDERS: ZoneInfo("America/New_York")})
    folding.take(early, now_ms=NOON_MS)
    folding.turn()
    without = Folding(RULES)
    without.tables = folding.tables
    without.take(order("a", at(1), ("x", 1, 100)), now_ms=NOON_MS)
    without.turn()
    assert without.reasons() == []
    assert without.progress() == {("spend", "ann"): 70}


def test_without_a_zone_it_is_bad_input() -> None:
    folding = Folding(RULES, zones={ONLINE_ORDERS: ZoneInfo("Asia/Tokyo")})
    folding.take(receipt(closed_at="2024-01-01T07:00:00"), now_ms=NOON_MS)
    folding.turn()
    (letter,) = folding.values("dead-letters")
    assert letter["reason"] == "invalid"
    assert letter["detail"].startswith("/receipt/closed_at: expected a time with an offset")


def test_a_document_that_says_that_it_was_received_in_2099_harms_nobody_else() -> None:
    for clock in (None, DocumentsClock()):
        folding = Folding(RULES, clock=clock)
        ahead = {"received_at": "2099-01-01T00:00:00+00:00"}
        for number, document in enumerate(
            [
                order("a", at(1), ("x", 1, 60), imported=True, **ahead),
                order("b", at(1), ("x", 1, 60), member_id=None, imported=True, **ahead),
                receipt(imported=True, **ahead),
                {"type": "member", "member_id": "bob", **ahead},
            ]
        ):
            folding.take(document, now_ms=NOON_MS + number)
        folding.take(order("c", at(2), ("x", 1, 100)), now_ms=NOON_MS + DAY_MS)
        folding.turn()
        assert folding.reasons() == ["invalid"] * 4
        details = [letter["detail"] for letter in folding.values("dead-letters")]
        assert all("/received_at: 2099-01-01T00:00:00+00:00 is more than a day after now (" in detail for detail in details)
        # When it was received goes along when it is sent again.
        assert all(letter["received_at"] < "2099" for letter in folding.values("dead-letters"))
        assert folding.progress() == {("spend", "ann"): 100}


def test_an_anonymous_document_goes_through_the_same_checks_before_it_leaves() -> None:
    folding = Folding(RULES)
    nobody = {"member_id": None}
    for document in [
        refund("r1", "a", at(1), ("x", 1, 60), **nobody),
        receipt(kind="RETURN", returns={"number": "1"}, loyalty_card="", sum=150),
        web_order(event="returned", return_of="w", customer={}, fulfilment=None, total=150, paid=[]),
        order("late", "2023-11-01T12:00:00+00:00", ("x", 1, 60), **nobody),
        order("total", at(1), ("x", 1, 60), total=61, **nobody),
        # Late comes before what it names.
        refund("r2", "a", "2023-11-01T12:00:00+00:00", ("x", 1, 60), **nobody),
        refund("r3", None, at(1), ("x", 1, 60), **nobody),
        order("b", at(1), ("x", 1, 60), **nobody),
    ]:
        folding.take(document, now_ms=NOON_MS)
    folding.turn()
    assert sorted(folding.reasons()) == ["invalid", "late", "late", "no_member", "no_member", "no_member"]


@pytest.mark.parametrize(
    ("document", "reason", "detail"),
    [
        (
            receipt(closed_at="2023-11-20T12:00:00+00:00"),
            "late",
            "/receipt/closed_at: expected a time at most 35 days before it was received",
        ),
        (
            web_order(created_at="2023-11-20T12:00:00+00:00"),
            "late",
            "/web_order/created_at: expected a time at most 35 days before",
        ),
        (
            receipt(kind="RETURN", returns="a", loyalty_card=None, sum=150),
            "no_member",
            "/receipt/loyalty_card: expected the member of the",
        ),
        (
            web_order(event="returned", return_of="a", currency="USD"),
            "invalid",
            "/web_order/currency: expected GBP, as its order is in",
        ),
        (
            {"schema": 0, "payload": web_order(event="returned", return_of="w-9", currency="USD")},
            "unknown_order",
            "/payload/web_order/return_of: expected an order that comes before the refund is late; w-9 did not come",
        ),
        ({"type": "member", "member_id": 5, "programs": ["gold"]}, "invalid", "/programs: there is no program 'gold'"),
        (order("a", at(1), ("x", 1, 60)), "conflict", "/order_id: a document with the same id, but other content, came before"),
    ],
)
def test_what_is_found_wrong_when_it_is_applied_is_said_by_where_it_was_sent(
    document: dict[str, Any], reason: str, detail: str
) -> None:
    folding = Folding(RULES)
    folding.take(order("a", at(1), ("x", 1, 150)), now_ms=NOON_MS)
    folding.take(document, now_ms=NOON_MS)
    folding.turn()
    folding.sweep(NOON_MS + 36 * DAY_MS)
    (letter,) = folding.values("dead-letters")
    assert (letter["reason"], letter["detail"][: len(detail)]) == (reason, detail)


def test_a_refund_that_was_held_and_is_of_another_currency_is_said_by_where_it_was_sent() -> None:
    folding = Folding(RULES)
    folding.take(receipt(kind="RETURN", number="78", returns={"number": 77}, currency="USD", sum=150), now_ms=NOON_MS)
    folding.take(receipt(number=77), now_ms=NOON_MS)
    folding.turn()
    (letter,) = folding.values("dead-letters")
    assert letter["detail"] == "/receipt/currency: expected GBP, as its order is in; got 'USD'"


def test_who_says_in_a_header_that_it_was_received_in_a_time_to_come_is_not_believed() -> None:
    folding = Folding(RULES)
    never = 253_000_000_000_000
    folding.take(order("a", at(1), ("x", 1, 150)), now_ms=NOON_MS, received_ms=never)
    folding.take(refund("r", "none", at(1), ("x", 1, 1)), now_ms=NOON_MS, received_ms=never)
    folding.turn()
    assert folding.progress() == {("spend", "ann"): 150}
    folding.sweep(NOON_MS + 36 * DAY_MS)
    assert folding.reasons() == ["unknown_order"]
