"""Records of `gifts` and `releases`, as whoever issues coupons is told of them (spec 4.2)."""

from __future__ import annotations

import msgspec

from rules.gifts.granted import CouponGift
from rules.happened import Grant, Released, Valid
from streams.coupons import coupons_of_grant, coupons_of_release

AT, END = "2026-01-01T12:00:00+00:00", "2026-01-08T23:59:59+00:00"


def test_of_a_grant_the_coupons_that_are_claimed_with_it_by_their_place() -> None:
    gifts = [
        {"kind": "points", "points": 5},
        {"kind": "coupon", "coupon": "mug", "quantity": 2, "validity": {"days": 7}},
        {"kind": "coupon", "coupon": "mug", "release": "hourly"},
        {"kind": "coupon", "coupon": "mug", "claim": "member"},
        {"kind": "coupon", "coupon": "cup"},
    ]
    valid = [None, Valid(AT, END), None, None, Valid(AT, None)]
    grant = Grant("a/ann/1", "a", "ann", 1, "o", AT, msgspec.Raw(msgspec.json.encode(gifts)), 1, released_at=AT, valid=valid)
    assert coupons_of_grant(msgspec.json.encode(grant), 10_000) == (
        CouponGift("a/ann/1", 2, "ann", "a", "mug", 2, AT, AT, END),
        CouponGift("a/ann/1", 5, "ann", "a", "cup", 1, AT, AT, None),
    )


def test_of_a_grant_of_points_or_of_what_is_released_later_nothing() -> None:
    for gift in ({"kind": "points", "points": 5}, {"kind": "coupon", "coupon": "mug", "release": "daily"}):
        grant = Grant("a/ann/1", "a", "ann", 1, "o", AT, msgspec.Raw(msgspec.json.encode([gift])), 1)
        assert coupons_of_grant(msgspec.json.encode(grant), 10_000) is None


def test_of_a_release_the_coupon_once_it_is_claimed() -> None:
    def released(claimed_at: str | None, given: dict[str, object]) -> bytes:
        raw = msgspec.Raw(msgspec.json.encode(given))
        return msgspec.json.encode(Released("a/ann/1", 3, "claimed", "bob", "a", 1, AT, claimed_at, claimed_at, END, raw))

    coupon: dict[str, object] = {"kind": "coupon", "coupon": "mug", "release": "daily", "claim": "member"}
    assert coupons_of_release(released(None, coupon), 10_000) is None
    assert coupons_of_release(released(AT, {"kind": "points", "points": 1}), 10_000) is None
    # It is that of who has it now.
    assert coupons_of_release(released(AT, coupon), 10_000) == (CouponGift("a/ann/1", 3, "bob", "a", "mug", 1, AT, AT, END),)
