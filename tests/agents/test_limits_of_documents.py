"""How large a document may be, what it may owe and what may wait for it, each a setting (spec 1.6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rules.limits.grant_limits import GrantLimits
from rules.times import DAY_MS
from streams.decode import Limits
from tests.agents.refused import GOOD, NOON_MS, RULES, refused
from tests.folding import Folding
from tests.oracle.examples import at, lines_of, order, program, refund, spend


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
