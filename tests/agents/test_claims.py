"""Gifts claimed, through the fold, by the documents' clock as in a replay (spec 2.6)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from tests.agents.gifts import BOUGHT, COUPON, POINTS, claim, giving, played, rows
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend, upgrade
from tests.tables.test_partition import NOON_MS

Document = dict[str, Any]


@pytest.mark.parametrize(
    ("documents", "reasons"),
    [
        ([claim("spend/ann/1", at(1, "13:00:00"), 1)], ["not_released"]),
        ([claim("spend/ann/1", at(1, "13:00:00"))], []),
        ([claim("spend/ann/1", at(2, "00:00:00"), 1)], []),
        ([claim("spend/ann/1", at(2, "00:00:01"), 1), claim("spend/ann/1", at(3), 1)], []),
        # By the claim's own time, whenever it comes.
        ([order("b", at(5), ("x", 1, 1)), claim("spend/ann/1", at(1, "13:00:00"), 1)], ["not_released"]),
        ([claim("spend/ann/1", at(3), 2)], ["unknown_grant"]),
        ([claim("spend/ann/2", at(3))], ["unknown_grant"]),
        ([claim("spend/ann/0", at(3)), claim("spend/ann/01", at(3)), claim("spend/ann/²", at(3))], ["unknown_grant"] * 3),
        ([claim("spend/ann", at(3)), claim("spend/", at(3)), claim("spend//1", at(3)), claim("none/ann/1", at(3))], ["unknown_grant"] * 4),
        ([claim("spend/ann/1", at(3), member_id="bob")], ["unknown_grant"]),
        ([claim("spend/bob/1", at(3))], ["unknown_grant"]),
        ([claim("spend/ann/1", at(3)), claim("spend/ann/1", at(4), 7)], ["unknown_grant"]),
        ([order("b", at(60), ("x", 1, 1)), claim("spend/ann/1", at(24))], ["late"]),
    ],
)  # fmt: skip
def test_a_claim_is_refused_where_there_is_nothing_for_it(documents: list[Document], reasons: list[str]) -> None:
    folding = played(giving(POINTS | {"release": "daily", "claim": "member"}), order("a", at(1), BOUGHT), *documents)
    assert folding.reasons() == reasons


def test_a_claim_of_what_is_known_no_longer_is_dropped_silently() -> None:
    steps = spend("once", ends_at=at(1, "23:00:00"))
    steps["condition"] = {
        "items": "any",
        "mode": "once",
        "measure": "amount",
        "steps": [{"threshold": 100, "gifts": [POINTS]}],
    }
    del steps["gifts"]
    folding = Folding([program(), steps], DocumentsClock())
    later = "2025-06-01T12:00:00+00:00"
    for document in (order("a", at(1), BOUGHT), order("b", later, ("x", 1, 1)), claim("spend/ann/7", later, 7)):
        folding.take(document)
        folding.turn()
    assert folding.reasons() == []


def test_a_claim_moves_the_clock_whatever_comes_of_it() -> None:
    folding = played(
        giving(POINTS | {"release": "daily"}),
        order("a", at(1), BOUGHT),
        claim("none/ann/1", at(20)),
        order("b", at(1), ("x", 1, 100)),
    )
    assert folding.reasons() == ["unknown_grant"]
    midnight = at(21, "00:00:00")
    assert rows(folding) == [
        ("spend/ann/1", 1, at(2, "00:00:00"), at(2, "00:00:00")),
        ("spend/ann/2", 1, midnight, midnight),
    ]


def test_who_is_not_known_is_not_registered_by_a_claim() -> None:
    folding = played(giving(POINTS), claim("spend/ann/1", at(1)))
    assert (folding.reasons(), folding.member("ann")) == (["unknown_grant"], None)


@pytest.mark.parametrize(("regain", "reasons"), [(False, ["unknown_grant"]), (True, ["unknown_grant"] * 2)])
def test_an_upgrades_grant_is_named_with_the_gain_where_it_is_regained_and_only_there(regain: bool, reasons: list[str]) -> None:
    folding = played(
        [program(100, 300), upgrade("classic/one", regain=regain, gifts=[POINTS])],
        order("a", at(1), BOUGHT),
        claim("up/ann/classic/one" if not regain else "up/ann/classic/one/1", at(2)),
        claim("up/ann/classic/one/1" if not regain else "up/ann/classic/one", at(2)),
        *([claim("up/ann/classic/one/2", at(2))] if regain else []),
    )
    assert folding.reasons() == reasons


def test_a_gain_that_is_refused_or_was_before_the_dates_leaves_those_granted_known() -> None:
    regained = [
        each
        for day in (1, 3, 5, 7)
        for each in (order(f"o{day}", at(day), BOUGHT), refund(f"r{day}", f"o{day}", at(day + 1), BOUGHT))
    ]
    limited = upgrade("classic/one", regain=True, gifts=[POINTS], starts_at=at(2), limits={"per_member": 2})
    folding = played([program(100, 300), limited], *regained, *(claim(f"up/ann/classic/one/{gain}", at(9)) for gain in range(1, 6)))
    assert [grant["grant_id"] for grant in folding.grants()] == ["up/ann/classic/one/2", "up/ann/classic/one/3"]
    # The first was before the dates, the fourth is beyond the limit, the fifth never was; the others are claimed by their release.
    assert folding.reasons() == ["unknown_grant"] * 3


def test_of_several_grants_that_wait_together_each_is_claimed_by_itself() -> None:
    gifts = [POINTS | {"claim": "member"}, COUPON | {"claim": "member"}]
    folding = played(
        giving(*gifts),
        order("a", at(1), ("x", 1, 500)),
        claim("spend/ann/3", at(2), 2),
        claim("spend/ann/5", at(2)),
        claim("spend/ann/3", at(3)),
        claim("spend/ann/1", at(4), 1),
    )
    assert [(grant_id[-1], gift, claimed) for grant_id, gift, _, claimed in rows(folding)] == [
        ("1", 1, at(4)),
        ("1", 2, None),
        ("2", 1, None),
        ("2", 2, None),
        ("3", 1, at(3)),
        ("3", 2, at(2)),
        ("4", 1, None),
        ("4", 2, None),
        ("5", 1, at(2)),
        ("5", 2, at(2)),
    ]
    assert folding.reasons() == []


@pytest.mark.parametrize("member_id", ["a/b", "100%", "a%2Fb", "é 名"])
def test_a_claim_names_its_grant_by_the_members_id_as_the_grant_has_it(member_id: str) -> None:
    folding = Folding(giving(POINTS | {"claim": "member"}), DocumentsClock())
    folding.take(order("a", at(1), BOUGHT, member_id=member_id))
    folding.turn()
    (grant,) = folding.grants()
    folding.take(claim(grant["grant_id"], at(2), 1, member_id=member_id))
    folding.turn()
    assert (folding.reasons(), rows(folding)) == ([], [(grant["grant_id"], 1, at(1), at(2))])


def test_what_nobody_claims_is_forgotten_in_the_end() -> None:
    folding = Folding(giving(COUPON | {"claim": "member"}))
    folding.take(order("a", at(1), BOUGHT), now_ms=NOON_MS)
    folding.turn()
    days_ms = 1_100 * 86_400_000
    folding.sweep(NOON_MS + days_ms - 1)
    member = folding.member("ann")
    assert member is not None and member.seldom.claimable
    folding.sweep(NOON_MS + days_ms)
    member = folding.member("ann")
    assert member is not None and not member.seldom.claimable


def test_a_grant_that_was_refused_cannot_be_claimed() -> None:
    folding = played(
        giving(POINTS, limits={"per_member": 2}),
        order("a", at(1), ("x", 1, 400)),
        *(claim(f"spend/ann/{ordinal}", at(2)) for ordinal in (1, 2, 3, 4, 5)),
    )
    assert folding.reasons() == ["unknown_grant"] * 3
    member = folding.member("ann")
    assert member is not None and list(member.seldom.for_claims.values()) == [[3, 4]]
