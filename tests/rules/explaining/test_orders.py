"""Why an order did not count: the first condition that kept it out; and "counted" is always what the fold counted (spec 2.3)."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from agents.fold import purchases
from rules.documents.accepted import Accepted
from rules.explaining.orders import Verdict, verdicts
from rules.members import programs_at
from rules.rulebook.rulebook import Rulebook
from rules.spending.purchase import Contributed, apply_purchase
from rules.state import Member
from tests.against_oracle import folded
from tests.folding import Folding
from tests.generate import definitions, stream
from tests.generate.lives import life
from tests.oracle.examples import at, order, program, spend, upgrade
from tests.thorough import seeds

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
NORTH = {"kind": "organization", "code": "north", "name": "North", "stores": ["n-1"]}


class Asked:
    """Asks about every order just before the fold applies it, and keeps both answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.verdicts: list[list[Verdict]] = []
        self.counted: list[dict[int, int]] = []
        monkeypatch.setattr(purchases, "apply_purchase", self._apply)

    def _apply(self, member: Member, accepted: Accepted, now_ms: int, rulebook: Rulebook, *rest: Any) -> Contributed:
        said = verdicts(accepted, programs_at(member, accepted.time_ms * 1000), now_ms, rulebook)
        before = dict(member.progress)
        contributed = apply_purchase(member, accepted, now_ms, rulebook, *rest)
        self.verdicts.append(said)
        epochs = {ref: rulebook.activities[ref].epoch for ref in contributed[1]}
        self.counted.append({ref: member.progress[epoch] - before.get(epoch, 0) for ref, epoch in epochs.items()})
        return contributed

    def differences(self) -> list[tuple[dict[int, int], list[Verdict]]]:
        """Orders of which the answers are not the same; or which count nowhere and nobody says why."""
        return [
            (counted, said)
            for counted, said in zip(self.counted, self.verdicts, strict=True)
            if counted != {verdict.ref: verdict.counted for verdict in said if verdict.counted}
            or any((verdict.kept_out is None) == (verdict.counted == 0) for verdict in said)
        ]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


@pytest.mark.parametrize("seed", seeds(4, quick=1))
def test_what_is_said_to_count_is_what_the_fold_counts(asked: Asked, seed: int) -> None:
    rules = definitions(seed)
    folded(stream(seed, orders=500, members=30), rules, random.Random(seed))
    assert sum(map(bool, asked.counted)) > 50
    assert asked.differences() == []
    # It is no test of the conditions where none keeps an order out.
    assert len({verdict.kept_out for said in asked.verdicts for verdict in said}) > 5


def test_so_it_is_in_small_lives(asked: Asked) -> None:
    for number in range(80):
        rules, lines = life(number)
        folded(lines, rules, random.Random(number), partitions=1)
    assert any(asked.counted) and asked.differences() == []


def first_unmet(asked: Asked, rule: dict[str, Any], change: dict[str, Any], members: Sequence[dict[str, Any]] = ()) -> str:
    folding = Folding([program(), program(code="gold", default=False), NORTH, spend(**rule)])
    for document in (*members, order("a", at(1), ("x", 1, 60)) | change):
        folding.take(document, now_ms=NOON_MS)
    folding.turn()
    assert folding.reasons() == [] and asked.differences() == []
    ((verdict,),) = asked.verdicts
    assert verdict.detail or verdict.counted
    return verdict.kept_out or f"counted {verdict.counted} {verdict.measure}"


@pytest.mark.parametrize(
    ("rule", "change", "expected"),
    [
        ({}, {}, "counted 60 amount"),
        ({"condition": {"items": "any", "mode": "every", "measure": "pieces", "threshold": 5}}, {}, "counted 1 pieces"),
        ({}, {"imported": True}, "imported"),
        ({}, {"lines": [{"sku": "x", "quantity": 1, "amount": 0}], "total": 0}, "amount"),
        ({"programs": ["gold"], "starts_at": at(2), "currency": "GBP"}, {}, "program"),
        ({"starts_at": at(2), "channels": ["online"]}, {}, "time"),
        ({"ends_at": at(1, "11:00:00")}, {}, "time"),
        ({"draft": True}, {}, "time"),
        ({"stores": {"stores": ["n-2"]}, "service_types": ["delivery"]}, {}, "store"),
        ({"stores": {"organizations": ["north"]}}, {}, "counted 60 amount"),
        ({"service_types": ["delivery"], "channels": ["online"]}, {}, "service_type"),
        ({"channels": ["online"], "currency": "EUR"}, {}, "channel"),
        ({"currency": "EUR", "not_with": {"coupons": "all"}}, {"coupons": ["mug"]}, "currency"),
        ({"not_with": {"coupons": ["mug"]}, "item_scope": {"include": ["y"]}}, {"coupons": ["mug"]}, "sharing"),
        ({"not_with": {"assets": ["points"]}}, {"payments": [{"method": "points", "amount": 1}]}, "sharing"),
        ({"item_scope": {"include": ["y"]}}, {}, "scope"),
        ({"item_scope": {"exclude": ["x"]}}, {}, "scope"),
    ],
)
def test_the_first_condition_is_said(asked: Asked, rule: dict[str, Any], change: dict[str, Any], expected: str) -> None:
    if "item_scope" in rule:
        rule = {"condition": {"items": "designated", "mode": "every", "measure": "amount", "threshold": 100}} | rule
    assert first_unmet(asked, rule, change) == expected


def test_a_membership_that_begins_later_keeps_it_out(asked: Asked) -> None:
    member = {"type": "member", "member_id": "ann", "programs": [{"program": "classic", "since": at(1, "12:00:00.001")}]}
    assert first_unmet(asked, {}, {}, [member]) == "program"


def test_activities_in_which_no_order_counts_say_so(asked: Asked) -> None:
    folding = Folding([program(100), upgrade("classic/*")])
    folding.take(order("a", at(1), ("x", 1, 60)), now_ms=NOON_MS)
    folding.turn()
    ((verdict,),) = asked.verdicts
    assert (verdict.kept_out, verdict.detail) == ("type", "no order counts in a tier_upgrade")
