"""Gifts released, through the fold, by the documents' clock as in a replay (spec 2.6, 4.3)."""

from __future__ import annotations

import json

from rules.clock import DocumentsClock
from streams.topics import RELEASES
from tests.agents.gifts import BOUGHT, COUPON, POINTS, claim, giving, played, rows
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend, upgrade
from tests.releases import release_rows
from tests.tables.test_partition import NOON_MS


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


def test_a_fixed_validity_is_what_it_says_though_it_is_over_at_the_release() -> None:
    over = COUPON | {"release": "daily", "validity": {"from": "2023-01-01T00:00:00+00:00", "to": "2023-12-31T23:59:59+00:00"}}
    folding = played(giving(over, over | {"claim": "member"}), order("a", at(1), BOUGHT), claim("spend/ann/1", at(2), 2))
    automatic, by_member = release_rows(folding.grants(), folding.values(RELEASES))
    assert (automatic["claimed_at"], automatic["valid_to"]) == (at(2, "00:00:00"), "2023-12-31T23:59:59+00:00")
    assert (by_member["released_at"], by_member["claimed_at"], folding.reasons()) == (at(2, "00:00:00"), None, ["expired"])


def test_a_gift_that_a_total_limits_waits_once_it_is_made() -> None:
    folding = played(
        giving(COUPON | {"release": "daily", "claim": "member"}, limits={"total": 1}),
        order("a", at(1), ("x", 1, 200)),
        claim("spend/ann/1", at(2)),
        claim("spend/ann/2", at(2), 1),
    )
    assert rows(folding) == [("spend/ann/1", 1, at(2, "00:00:00"), at(2))]
    assert folding.reasons() == ["unknown_grant"]


def test_a_record_of_what_waits_comes_back_as_it_was() -> None:
    folding = played(giving(COUPON | {"claim": "member"}, POINTS | {"release": "daily"}), order("a", at(1), ("x", 1, 300)))
    again = [json.loads(record.value or b"") for record in folding.outputs[RELEASES]]
    assert again == folding.values(RELEASES) and len(again) == 6
