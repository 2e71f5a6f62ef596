"""Records of `gifts` and `releases`, to the coupons that somebody is to issue (spec 4.2)."""

from __future__ import annotations

from datetime import datetime

from rules.gifts.granted import CouponGift
from streams.grants import CouponOfGrant, read_grant, read_release


def coupons_of_grant(data: bytes | None, max_bytes: int) -> tuple[CouponGift, ...] | None:
    """Of a record of `gifts`, the coupons that are claimed with the grant; None where there is none. Raises Malformed."""
    grant = read_grant(data, max_bytes)
    coupons = []
    for place, gift in enumerate(grant.gifts):
        if isinstance(gift, CouponOfGrant) and gift.is_claimed_with_its_grant():
            valid = grant.validity(place)
            coupons.append(
                CouponGift(
                    grant.grant_id,
                    place + 1,
                    grant.member_id,
                    grant.activity,
                    gift.coupon,
                    gift.quantity,
                    _written(grant.released_at),
                    _written(valid.from_),
                    _written(valid.to),
                )
            )
    return tuple(coupons) or None


def coupons_of_release(data: bytes | None, max_bytes: int) -> tuple[CouponGift, ...] | None:
    """Of a record of `releases`, the coupon, where it is one and claimed; else None. Raises Malformed."""
    release = read_release(data, max_bytes)
    if release.claimed_at is None or not isinstance(release.given, CouponOfGrant):
        return None
    coupon = CouponGift(
        release.grant_id,
        release.gift,
        release.member_id,
        release.activity,
        release.given.coupon,
        release.given.quantity,
        _written(release.claimed_at),
        _written(release.valid_from),
        _written(release.valid_to),
    )
    return (coupon,)


def _written(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
