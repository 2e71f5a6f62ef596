"""Gifts released and claimed, through the fold, by the documents' clock as in a replay (spec 2.6, 4.3)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import NOTIFICATIONS, RELEASES
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend, upgrade
from tests.releases import release_rows
from tests.tables.test_partition import NOON_MS

Document = dict[str, Any]
MUG: Document = {"kind": "coupon", "code": "mug", "name": "Mug", "value": 500, "currency": "GBP"}
CENTRE: Document = {"kind": "message_centre", "code": "message-centre", "coupon_arrival": True}
POINTS: Document = {"kind": "points", "points": 5}
COUPON: Document = {"kind": "coupon", "coupon": "mug"}
BOUGHT = ("x", 1, 100)


def giving(*gifts: Document, **more: Any) -> list[Document]:
    """Everything that a spend of 100 with these gifts takes."""
    return [program(100, 300), MUG, CENTRE, spend(gifts=list(gifts), **more)]


def claim(grant_id: str, claimed_at: str, gift: int | None = None, **more: Any) -> Document:
    return {"type": "claim", "member_id": "ann", "grant_id": grant_id, "gift": gift, "claimed_at": claimed_at} | more


def played(definitions: list[Document], *documents: Document) -> Folding:
    folding = Folding(definitions, DocumentsClock())
    for document in documents:
        folding.take(document)
    folding.turn()
    folding.end()
    return folding


def rows(folding: Folding) -> list[tuple[str, int, str | None, str | None]]:
    """Of each gift its grant, place, release and claim."""
    found = release_rows(folding.grants(), folding.values(RELEASES))
    return [(row["grant_id"], row["gift"], row["released_at"], row["claimed_at"]) for row in found]


def test_what_is_instant_and_automatic_is_told_by_its_grant_alone_and_not_remembered() -> None:
    folding = played(giving(POINTS, COUPON | {"validity": {"days": 1}}), order("a", at(1), BOUGHT))
    (grant,) = folding.grants()
    assert (grant["released_at"], grant["valid"]) == (at(1), [None, {"from": at(1), "to": at(2, "23:59:59")}])
    assert folding.values(RELEASES) == []
    member = folding.member("ann")
    assert member is not None and not member.seldom.unreleased and not member.seldom.claimable


def test_a_late_order_is_released_when_it_was_applied() -> None:
    folding = played(
        giving(POINTS, POINTS | {"release": "hourly"}), order("a", at(5), ("x", 1, 1)), order("b", at(1), ("x", 1, 99))
    )
    assert rows(folding) == [("spend/ann/1", 1, at(5), at(5)), ("spend/ann/1", 2, at(5, "13:00:00"), at(5, "13:00:00"))]


def test_a_ground_that_falls_and_stands_again_before_the_release_keeps_nothing_back() -> None:
    folding = played(
        giving(POINTS | {"release": "daily"}),
        order("a", at(1), BOUGHT),
        refund("r", "a", at(1, "13:00:00"), ("x", 0, 50)),
        order("b", at(1, "14:00:00"), ("x", 1, 50)),
        order("c", at(3), ("x", 1, 1)),
    )
    assert rows(folding) == [("spend/ann/1", 1, at(2, "00:00:00"), at(2, "00:00:00"))]


def test_what_is_held_is_released_at_the_first_full_hour_after_it_is_carried_again_however_long_that_takes() -> None:
    folding = played(
        giving(POINTS | {"release": "hourly"}),
        order("a", at(1), BOUGHT),
        refund("r", "a", at(1, "12:30:00"), ("x", 0, 50)),
        order("b", at(90, "12:15:00"), ("x", 1, 49)),
        order("c", at(90, "12:59:59"), ("x", 1, 1)),
        refund("s", "c", at(90, "13:00:00"), ("x", 0, 1)),
    )
    assert rows(folding) == [("spend/ann/1", 1, at(90, "13:00:00"), at(90, "13:00:00"))]


def test_what_is_carried_at_a_full_hour_is_released_at_the_next() -> None:
    folding = played(
        giving(POINTS | {"release": "hourly"}),
        order("a", at(1), BOUGHT),
        refund("r", "a", at(1, "12:30:00"), ("x", 0, 50)),
        order("b", at(1, "15:00:00"), ("x", 1, 50)),
    )
    assert rows(folding) == [("spend/ann/1", 1, at(1, "16:00:00"), at(1, "16:00:00"))]


def test_of_several_from_one_order_those_are_released_whose_ordinal_is_still_earned() -> None:
    folding = played(
        giving(POINTS | {"release": "daily"}),
        order("a", at(1), ("x", 1, 350)),
        refund("r", "a", at(1, "13:00:00"), ("x", 0, 200)),
        order("b", at(3), ("x", 1, 60)),
        order("c", at(5), ("x", 1, 1)),
    )
    assert rows(folding) == [
        ("spend/ann/1", 1, at(2, "00:00:00"), at(2, "00:00:00")),
        ("spend/ann/2", 1, at(4, "00:00:00"), at(4, "00:00:00")),
        ("spend/ann/3", 1, None, None),
    ]


def test_each_step_stands_on_its_own_threshold() -> None:
    steps = [{"threshold": 100 * n, "gifts": [POINTS | {"release": "daily"}]} for n in (1, 2)]
    activity = spend("once")
    activity["condition"] = {"items": "any", "mode": "once", "measure": "amount", "steps": steps}
    del activity["gifts"]
    folding = played(
        [program(), activity],
        order("a", at(1), ("x", 1, 200)),
        refund("r", "a", at(1, "13:00:00"), ("x", 0, 1)),
        order("b", at(3), ("y", 1, 0)),
    )
    assert rows(folding) == [("spend/ann/1", 1, at(2, "00:00:00"), at(2, "00:00:00")), ("spend/ann/2", 1, None, None)]


def test_a_higher_level_carries_the_gift_of_a_lower_one() -> None:
    folding = played(
        [program(100, 300), upgrade("classic/one", gifts=[POINTS | {"release": "daily"}])],
        order("a", at(1), BOUGHT),
        order("b", at(1, "13:00:00"), ("x", 1, 200)),
        order("c", at(3), ("x", 1, 1)),
    )
    assert rows(folding) == [("up/ann/classic/one", 1, at(2, "00:00:00"), at(2, "00:00:00"))]


def test_who_left_the_program_holds_no_level_of_it() -> None:
    folding = played(
        [program(100, 300), upgrade("classic/one", gifts=[POINTS | {"release": "daily"}])],
        order("a", at(1), BOUGHT),
        {"type": "member", "member_id": "ann", "programs": []},
        order("b", at(3), ("x", 1, 1)),
        {"type": "member", "member_id": "ann", "programs": ["classic"]},
        order("c", at(5), ("x", 1, 1)),
    )
    assert rows(folding) == [("up/ann/classic/one", 1, at(4, "00:00:00"), at(4, "00:00:00"))]


def test_what_was_due_before_the_books_closed_is_released_by_whoever_comes_after() -> None:
    folding = Folding(giving(POINTS | {"release": "daily"}, ends_at=at(1, "23:00:00")), DocumentsClock())
    later = [f"2025-06-0{day}T12:00:00+00:00" for day in (1, 2, 3)]
    # By the time that she comes again, somebody else has brought the clock there.
    bob, ann, again = (
        order(who, when, ("x", 1, 1), member_id=who[:3]) for who, when in zip(("bob", "ann", "ann2"), later, strict=True)
    )
    for document in (order("a", at(1), BOUGHT), bob, ann, again):
        folding.take(document)
        folding.turn()
    assert rows(folding) == [("spend/ann/1", 1, at(2, "00:00:00"), at(2, "00:00:00"))]
    member = folding.member("ann")
    assert member is not None and not member.progress and not member.seldom.unreleased


def test_what_was_due_while_nobody_worked_is_released_late_once_as_of_when_it_was_due() -> None:
    folding = Folding(giving(COUPON | {"release": "daily", "validity": {"days": 1}}))
    folding.take(order("a", at(1), BOUGHT), now_ms=NOON_MS)
    folding.turn()
    for days in (5, 6):
        folding.sweep(NOON_MS + days * 86_400_000)
    (released,) = folding.values(RELEASES)
    assert (released["released_at"], released["valid_to"]) == (at(2, "00:00:00"), at(3, "23:59:59"))


def test_what_is_held_is_forgotten_once_nothing_can_carry_it_any_more() -> None:
    activity = giving(POINTS | {"release": "daily"}, ends_at=at(1, "23:00:00"))
    folding = Folding(activity, late_ms=0, refund_ms=0)
    noon_ms, hour_ms = NOON_MS, 3_600_000
    folding.take(order("a", at(1), BOUGHT), now_ms=noon_ms)
    folding.take(refund("r", "a", at(1), ("x", 0, 50)), now_ms=noon_ms)
    folding.turn()
    folding.sweep(noon_ms + 24 * hour_ms)
    member = folding.member("ann")
    assert member is not None and not member.seldom.unreleased
    assert [row[2] for row in rows(folding)] == [None]


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


def test_a_fixed_validity_is_what_it_says_though_it_is_over_at_the_release() -> None:
    over = COUPON | {"release": "daily", "validity": {"from": "2023-01-01T00:00:00+00:00", "to": "2023-12-31T23:59:59+00:00"}}
    folding = played(giving(over, over | {"claim": "member"}), order("a", at(1), BOUGHT), claim("spend/ann/1", at(2), 2))
    automatic, by_member = release_rows(folding.grants(), folding.values(RELEASES))
    assert (automatic["claimed_at"], automatic["valid_to"]) == (at(2, "00:00:00"), "2023-12-31T23:59:59+00:00")
    assert (by_member["released_at"], by_member["claimed_at"], folding.reasons()) == (at(2, "00:00:00"), None, ["expired"])


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


MAIN: Document = {"type": "member", "member_id": "ann", "mini_programs": {"main": "u1"}}
TOLD: Document = {"notify": {"mini_programs": ["main"], "message": "hi"}}


def test_coupons_of_a_grant_that_are_released_together_are_told_of_once() -> None:
    gifts = [
        COUPON,
        COUPON,
        COUPON | {"release": "hourly", "claim": "member"},
        COUPON | {"release": "daily"},
        POINTS | {"release": "daily"},
    ]
    folding = played(giving(*gifts, **TOLD), MAIN, order("a", at(1, "23:30:00"), BOUGHT), order("b", at(3), ("x", 1, 1)))
    assert [(each["grant_id"], each["at"]) for each in folding.values(NOTIFICATIONS)] == [
        ("spend/ann/1", at(1, "23:30:00")),
        ("spend/ann/1", at(2, "00:00:00")),
    ]


def test_of_points_nobody_is_told() -> None:
    folding = played(giving(POINTS, COUPON | {"release": "daily"}, **TOLD), MAIN, order("a", at(1), BOUGHT))
    assert [each["at"] for each in folding.values(NOTIFICATIONS)] == [at(2, "00:00:00")]


def test_without_a_message_centre_nobody_is_told() -> None:
    definitions = [each for each in giving(COUPON, **TOLD) if each is not CENTRE]
    assert played(definitions, MAIN, order("a", at(1), BOUGHT)).values(NOTIFICATIONS) == []


def test_a_gift_that_a_total_limits_waits_once_it_is_made() -> None:
    folding = played(
        giving(COUPON | {"release": "daily", "claim": "member"}, limits={"total": 1}),
        order("a", at(1), ("x", 1, 200)),
        claim("spend/ann/1", at(2)),
        claim("spend/ann/2", at(2), 1),
    )
    assert rows(folding) == [("spend/ann/1", 1, at(2, "00:00:00"), at(2))]
    assert folding.reasons() == ["unknown_grant"]


def test_a_grant_that_was_refused_cannot_be_claimed() -> None:
    folding = played(
        giving(POINTS, limits={"per_member": 2}),
        order("a", at(1), ("x", 1, 400)),
        *(claim(f"spend/ann/{ordinal}", at(2)) for ordinal in (1, 2, 3, 4, 5)),
    )
    assert folding.reasons() == ["unknown_grant"] * 3
    member = folding.member("ann")
    assert member is not None and list(member.seldom.refused.values()) == [[3, 4]]


def test_a_record_of_what_waits_comes_back_as_it_was() -> None:
    folding = played(giving(COUPON | {"claim": "member"}, POINTS | {"release": "daily"}), order("a", at(1), ("x", 1, 300)))
    again = [json.loads(record.value or b"") for record in folding.outputs[RELEASES]]
    assert again == folding.values(RELEASES) and len(again) == 6
