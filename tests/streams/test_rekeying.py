"""A member's documents meet in one partition, wherever they were put (spec 1.3)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.wire.records import Headers
from rules.times import DAY_MS
from streams.routing import RECEIVED_HEADER, SOURCE_HEADER, partition_of
from streams.topics import MEMBERS, ONLINE_ORDERS, POS_ORDERS, REKEYED
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend
from tests.streams.feeds.shapes import receipt, web_order

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
RULES = [program(), spend()]


def elsewhere(folding: Folding, member_id: str) -> int:
    """A partition that is not the member's."""
    return (partition_of(member_id, len(folding.tables)) + 1) % len(folding.tables)


def bring_home(folding: Folding, now_ms: int = NOON_MS) -> None:
    """Puts the re-keyed records where they were sent to."""
    for record in folding.rekeyed:
        assert record.topic == REKEYED
        folding.take(record.value, topic=REKEYED, partition=record.partition, headers=record.headers, now_ms=now_ms)
    folding.rekeyed.clear()
    folding.turn()


@pytest.mark.parametrize(
    ("topic", "document"),
    [
        (POS_ORDERS, order("a", at(1), ("x", 1, 150))),
        (POS_ORDERS, receipt(loyalty_card="ann")),
        (ONLINE_ORDERS, web_order(customer={"member_id": "ann"})),
    ],
)
def test_an_order_in_another_partition_is_sent_home_and_counts_there(topic: str, document: dict[str, Any]) -> None:
    folding = Folding(RULES, partitions=4)
    folding.take(document, topic=topic, partition=elsewhere(folding, "ann"), now_ms=NOON_MS)
    folding.turn()
    assert folding.grants() == [] and len(folding.rekeyed) == 1
    sent = folding.rekeyed[0]
    assert (sent.partition, sent.key) == (partition_of("ann", 4), b"ann")
    bring_home(folding)
    assert folding.reasons() == []
    assert folding.progress() == {("spend", "ann"): 150}


def test_it_keeps_when_and_where_it_first_came() -> None:
    folding = Folding(RULES, partitions=4)
    away = elsewhere(folding, "ann")
    # Placed on the day it came; sent home 40 days later, which is not late.
    folding.take(order("a", at(1), ("x", 1, 150)), partition=away, now_ms=NOON_MS)
    # Placed 36 days before it came: late, wherever it is told.
    folding.take(order("b", at(1), ("x", 1, 7)), partition=away, now_ms=NOON_MS + 36 * DAY_MS)
    folding.turn()
    headers: Headers = folding.rekeyed[0].headers
    assert dict(headers) == {RECEIVED_HEADER: b"%d" % NOON_MS, SOURCE_HEADER: b"pos.orders/%d/0" % away}
    bring_home(folding, NOON_MS + 40 * DAY_MS)
    assert folding.progress() == {("spend", "ann"): 150}
    (letter,) = folding.values("dead-letters")
    assert (letter["reason"], letter["source"]) == ("late", f"pos.orders/{away}/1")


def test_a_refund_of_a_receipt_is_held_and_applied_where_it_was_sent() -> None:
    folding = Folding(RULES, partitions=4)
    bought = receipt(loyalty_card="ann")
    bought_id = "s-1-till-2-2024-01-01-77"
    back = receipt(number="78", kind="RETURN", returns=bought_id, loyalty_card="ann", sum=50, tenders=[])
    back["receipt"]["items"] = [{"plu": "x", "qty": 0, "net": 50}]
    for document in (back, bought):
        folding.take(document, partition=elsewhere(folding, "ann"), now_ms=NOON_MS)
    folding.turn()
    bring_home(folding)
    assert folding.reasons() == []
    assert folding.progress() == {("spend", "ann"): 100}


@pytest.mark.parametrize("value", [b"soon", b"", b"\xff", b"--5", b"-9" * 40, b"9" * 400, b"999999999999999"])
@pytest.mark.parametrize("header", [RECEIVED_HEADER, SOURCE_HEADER])
def test_what_anyone_writes_into_our_headers_stops_nothing(header: str, value: bytes) -> None:
    folding = Folding(RULES)
    folding.take(b"{", now_ms=NOON_MS, headers=[(header, value)])
    folding.take(refund("r", "none", at(1), ("x", 1, 1)), now_ms=NOON_MS, headers=[(header, value)])
    folding.take(order("a", at(1), ("x", 1, 150)), now_ms=NOON_MS)
    folding.turn()
    folding.sweep(NOON_MS + 40 * DAY_MS)
    assert folding.progress() == {("spend", "ann"): 150}
    assert "internal_error" not in folding.reasons()
    assert folding.values("dead-letters")[0]["source"] == "pos.orders/0/0"


def listed(*programs: str) -> dict[str, Any]:
    """A member document that lists these programs."""
    return {"type": "member", "member_id": "ann", "programs": list(programs)}


def test_what_a_sleeper_sends_home_again_undoes_nothing() -> None:
    folding = Folding([program(), program(code="gold", default=False), program(code="silver", default=False)], partitions=4)
    away = elsewhere(folding, "ann")
    for document in (listed("gold"), listed("silver")):
        folding.take(document, topic=MEMBERS, partition=away, now_ms=NOON_MS)
    folding.turn()
    first, second = folding.rekeyed
    # The sleeper's batch comes after the one of the worker that took over, and both sent all that they had read.
    folding.rekeyed[:] = [first, first, second, first, second, first]
    bring_home(folding)
    member = folding.member("ann")
    assert member is not None
    assert [each.program for each in member.memberships if not each.left] == ["silver"]


def test_documents_of_other_partitions_topics_and_turns_are_all_taken() -> None:
    folding = Folding(RULES, partitions=4)
    away = [partition for partition in range(4) if partition != partition_of("ann", 4)]
    number = 0
    for _ in range(2):
        for topic in (POS_ORDERS, ONLINE_ORDERS):
            for partition in away:
                number += 1
                folding.take(order(f"o{number}", at(1), ("x", 1, 10)), topic=topic, partition=partition, now_ms=NOON_MS)
        folding.turn()
        bring_home(folding)
    assert folding.progress() == {("spend", "ann"): 10 * number}


def test_what_was_sent_home_is_remembered_with_its_turn() -> None:
    folding = Folding(RULES, partitions=4)
    home = folding.tables[partition_of("ann", 4)]
    folding.take(order("a", at(1), ("x", 1, 150)), partition=elsewhere(folding, "ann"), now_ms=NOON_MS)
    folding.turn()
    bring_home(folding)
    kept = {f"pos.orders/{elsewhere(folding, 'ann')}": 0}
    assert home.head.rekeyed_through == kept
