"""What a grant carries: coupons and points, and how long a coupon holds (spec 2.1, 2.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from rules.definitions.checking.fault import Fault, under
from rules.definitions.checking.shape import shape_faults
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.fields import Code, Count, Time

Release = Literal["instant", "hourly", "daily"]
Claim = Literal["automatic", "member"]


class RelativeValidity(Struct, frozen=True, forbid_unknown_fields=True):
    """Valid from the claim to the end of the n-th local day after it (spec 2.6)."""

    days: Count


class FixedValidity(Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Valid between two times (spec 2.6)."""

    from_: Time
    to: Time


class CouponGift(Struct, frozen=True, forbid_unknown_fields=True, tag="coupon", tag_field="kind"):
    """A number of one coupon."""

    coupon: Code
    quantity: Count = 1
    release: Release = "instant"
    # A union of two structs needs a tag in msgspec, and the spec's format has none: `gift_faults` converts it.
    validity: dict[str, str | int] | None = None
    claim: Claim = "automatic"


class PointsGift(Struct, frozen=True, forbid_unknown_fields=True, tag="points", tag_field="kind"):
    """A number of points."""

    points: Count
    release: Release = "instant"
    claim: Claim = "automatic"


Gift = CouponGift | PointsGift
Gifts = Annotated[tuple[Gift, ...], Meta(min_length=1, max_length=100)]


class Notify(Struct, frozen=True, forbid_unknown_fields=True):
    """Which mini programs are told of a coupon's arrival, and with which message (spec 4.3)."""

    mini_programs: tuple[str, ...] = ()
    message: str | None = None


def gift_faults(gifts: Sequence[Gift], path: str) -> Iterator[Fault]:
    """Faults of gifts of the right shape."""
    for position, gift in enumerate(gifts):
        if isinstance(gift, CouponGift) and gift.validity is not None:
            yield from _validity(gift.validity, f"{path}[{position}].validity")


def _validity(validity: dict[str, str | int], path: str) -> Iterator[Fault]:
    is_relative, is_fixed = "days" in validity, "from" in validity or "to" in validity
    if is_relative == is_fixed:
        yield Fault(path, "expected either {days: n} or {from: time, to: time}")
        return
    found = shape_faults(validity, RelativeValidity if is_relative else FixedValidity, path)
    yield from found
    if is_fixed and not found:
        fixed = msgspec.convert(validity, FixedValidity)
        if fixed.to <= fixed.from_:
            yield Fault(under(path, "to"), f"{fixed.to.isoformat()} is not after from, {fixed.from_.isoformat()}")


def gift_references(gifts: Sequence[Gift], path: str, whole: WholeSet) -> Iterator[Fault]:
    """Coupons that there are not."""
    for position, gift in enumerate(gifts):
        if isinstance(gift, CouponGift):
            yield from whole.missing("coupon", gift.coupon, f"{path}[{position}].coupon")


def notified(document: Mapping[str, object], gifts: Sequence[Gift]) -> Raw | None:
    """The definition's `notify` as JSON, where there is one and a coupon is among the gifts (spec 4.3)."""
    if document.get("notify") is None or not any(isinstance(gift, CouponGift) for gift in gifts):
        return None
    return Raw(msgspec.json.encode(document["notify"]))
