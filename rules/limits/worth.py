"""What gifts are worth: the values of their coupons, as these are defined at a time (spec 1.8, 2.10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec import Raw

from rules.gifts.granted import Coupons, Points
from rules.rulebook.compiled.coupon import CompiledCoupon

_decode = msgspec.json.Decoder(tuple[Coupons | Points, ...]).decode
# Gifts of as many versions of activities, and steps of these, are remembered.
_REMEMBERED = 4_096


@lru_cache(_REMEMBERED)
def gifts_of(gifts: bytes) -> Sequence[Coupons | Points]:
    """Gifts as a definition has them, JSON, without what is said of their release."""
    return _decode(gifts)


@lru_cache(_REMEMBERED)
def _coupons_of(gifts: bytes) -> Sequence[Coupons]:
    return [gift for gift in gifts_of(gifts) if isinstance(gift, Coupons)]


def coupon_at(coupons: Mapping[str, Sequence[CompiledCoupon]], code: str, at_us: int) -> CompiledCoupon | None:
    """The version of a coupon that holds at a time (epoch us); None where there is no such coupon."""
    for version in reversed(coupons.get(code, ())):
        if version.holds_from_us <= at_us:
            return version
    return None


def worth(gifts: Raw, at_us: int, coupons: Mapping[str, Sequence[CompiledCoupon]]) -> int:
    """What all of a grant's coupons are worth together, minor units; points cost nothing."""
    total = 0
    for gift in _coupons_of(bytes(gifts)):
        coupon = coupon_at(coupons, gift.coupon, at_us)
        total += 0 if coupon is None else coupon.value * gift.quantity
    return total
