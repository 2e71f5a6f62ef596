"""Which orders count: programs, time, store, service type, channel, currency, sharing (spec 1.7, 1.8, 2.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
CHAIN = {"kind": "organization", "code": "chain", "name": "Chain", "stores": ["hq"]}
NORTH = {"kind": "organization", "code": "north", "name": "North", "parent": "chain", "stores": ["n-1", "n-2"]}


def counts(activity: dict[str, Any], *members: dict[str, Any], programs: list[dict[str, Any]] | None = None, **change: Any) -> bool:
    """Whether an order so changed adds to the activity."""
    folding = Folding([*(programs or [program()]), CHAIN, NORTH, activity])
    for document in (*members, order("a", at(1), ("x", 1, 60)) | change):
        folding.take(document, now_ms=NOON_MS)
    folding.turn()
    assert folding.reasons() == []
    return ("spend", "ann") in folding.progress()


@pytest.mark.parametrize(
    ("rule", "change", "expected"),
    [
        ({}, {}, True),
        ({"starts_at": at(1)}, {}, True),
        ({"starts_at": at(1, "12:00:00.001")}, {}, False),
        ({"ends_at": at(1)}, {"placed_at": at(1, "12:00:00.999")}, True),
        ({"ends_at": at(1)}, {"placed_at": at(1, "12:00:01")}, False),
        ({"draft": True}, {}, False),
        ({"currency": "EUR"}, {}, False),
        ({"currency": "EUR"}, {"currency": "EUR"}, True),
        ({"channels": ["online"]}, {}, False),
        ({"channels": ["online", "pos"]}, {}, True),
        ({"service_types": ["dine_in", "delivery"]}, {}, False),
        ({"service_types": ["dine_in", "delivery"]}, {"service_type": "delivery"}, True),
        ({"service_types": ["dine_in", "delivery", "self_pickup"]}, {}, True),
        ({"stores": "all"}, {"store_id": "nowhere"}, True),
        ({"stores": {"stores": ["n-1"]}}, {}, True),
        ({"stores": {"stores": ["n-2"]}}, {}, False),
        ({"stores": {"organizations": ["chain"]}}, {}, True),
        ({"stores": {"organizations": ["north"]}}, {"store_id": "hq"}, False),
        ({"stores": {"stores": ["hq"], "organizations": ["north"]}}, {}, True),
        ({"stores": {"stores": ["nowhere"]}}, {"store_id": "nowhere"}, True),
        ({"not_with": {"coupons": "all"}}, {"coupons": ["mug"]}, False),
        ({"not_with": {"coupons": ["tea"]}}, {"coupons": ["mug"]}, True),
        ({"not_with": {"coupons": ["tea"]}}, {"coupons": ["mug", "tea"]}, False),
        ({"not_with": {"promotions": "all"}}, {"coupons": ["mug"]}, True),
        ({"not_with": {"promotions": ["spring"]}}, {"promotions": ["spring"]}, False),
        ({"not_with": {"benefits": ["member_price"]}}, {"member_price": True}, False),
        ({"not_with": {"benefits": ["member_price"]}}, {"member_discount": True}, True),
        ({"not_with": {"assets": ["points"]}}, {"payments": [{"method": "points", "amount": 60}]}, False),
        ({"not_with": {"assets": ["gift_card"]}}, {"payments": [{"method": "gift_card", "amount": 1}]}, False),
        ({"not_with": {"assets": ["group_voucher"]}}, {"payments": [{"method": "group_voucher", "amount": 1}]}, False),
        ({"not_with": {"assets": ["group_voucher"]}}, {"payments": [{"method": "gift_card", "amount": 1}]}, True),
        (
            {"not_with": {"assets": ["points"]}},
            {"payments": [{"method": "points", "amount": 0}, {"method": "card", "amount": 60}]},
            True,
        ),
        ({}, {"imported": True}, False),
        ({"item_scope": {"include": ["y"]}}, {}, False),
    ],
)
def test_each_rule(rule: dict[str, Any], change: dict[str, Any], expected: bool) -> None:
    assert counts(spend(**rule), **change) is expected


def test_what_paid_does_not_matter_to_activities() -> None:
    assert counts(spend(), payments=[{"method": "gift_card", "amount": 60}])


@pytest.mark.parametrize(("since", "expected"), [(at(1), True), (at(1, "12:00:00.001"), False), (None, True)])
def test_documents_before_a_memberships_since_do_not_count(since: str | None, expected: bool) -> None:
    member = {"type": "member", "member_id": "ann", "programs": [{"program": "classic", "since": since}]}
    assert counts(spend(), member) is expected


def test_a_member_of_two_listed_programs_counts_once() -> None:
    programs = [program(), program(code="gold", default=False)]
    member = {"type": "member", "member_id": "ann", "programs": ["classic", "gold"]}
    folding = Folding([*programs, spend(programs=["classic", "gold"])])
    for document in (member, order("a", at(1), ("x", 1, 60))):
        folding.take(document, now_ms=NOON_MS)
    folding.turn()
    assert folding.progress() == {("spend", "ann"): 60}


def test_without_a_document_a_member_is_in_the_default_program() -> None:
    programs = [program(code="gold", default=False), program()]
    assert counts(spend(programs=["classic"]), programs=programs)
    assert not counts(spend(programs=["gold"]), programs=programs)
