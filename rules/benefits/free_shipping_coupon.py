"""A coupon for free delivery (spec 3.8)."""

from __future__ import annotations

from rules.benefits.benefit import Benefit, BenefitKind
from rules.benefits.worth import Worth


class FreeShippingCoupon(Benefit, frozen=True, kw_only=True, tag="free_shipping_coupon", tag_field="kind"):
    """The definition. It takes off what a cart says that its delivery costs."""


def _worth(_: FreeShippingCoupon) -> Worth:
    return Worth(delivery=True)


FREE_SHIPPING_COUPON = BenefitKind(shape=FreeShippingCoupon, worth=_worth, coded=True)
