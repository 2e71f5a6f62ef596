"""Who is told of coupons that are released, through the fold (spec 4.3)."""

from __future__ import annotations

from typing import Any

from streams.topics import NOTIFICATIONS
from tests.agents.gifts import BOUGHT, CENTRE, COUPON, POINTS, giving, played
from tests.oracle.examples import at, order

Document = dict[str, Any]

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
