"""What marketing people define: programs, levels, activities, organizations and coupons (spec 1.7, 1.8, 2.1, 3.1, 3.2).

Shapes only. What a definition must satisfy beyond its shape is in `rules.definitions.checking.check`; what orders are judged by is made of
these in `rules.matching`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

# No slash: `program/level` and the keys of the definitions topic are split at it. No star: `program/*` is every level.
Code = Annotated[str, Meta(pattern=r"^[^\s/*]([^/\x00-\x1f\x7f]{0,126}[^\s/])?\Z")]
Text = Annotated[str, Meta(min_length=1, max_length=4000)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Time = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=1, le=2**53)]
Amount = Annotated[int, Meta(ge=0, le=2**53)]

Channel = Literal["pos", "online"]
ServiceType = Literal["dine_in", "delivery", "self_pickup"]
Benefit = Literal["member_price", "member_discount"]
Asset = Literal["prepaid_balance", "points"]
Release = Literal["instant", "hourly", "daily"]


class Definition(Struct, frozen=True, forbid_unknown_fields=True):
    """What every definition has in common."""


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
    # A union of two structs needs a tag in msgspec, and the spec's format has none: `rules.definitions.checking.check` converts it.
    validity: dict[str, str | int] | None = None
    claim: Literal["automatic", "member"] = "automatic"


class PointsGift(Struct, frozen=True, forbid_unknown_fields=True, tag="points", tag_field="kind"):
    """A number of points."""

    points: Count
    release: Release = "instant"
    claim: Literal["automatic", "member"] = "automatic"


Gift = CouponGift | PointsGift
Gifts = Annotated[tuple[Gift, ...], Meta(min_length=1, max_length=100)]


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the ascending thresholds of a `once` condition (spec 2.2)."""

    threshold: Count
    gifts: Gifts


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """What a member must reach (spec 2.2). Either `threshold` or, with mode once, `steps`."""

    items: Literal["any", "designated"]
    mode: Literal["once", "every"]
    measure: Literal["amount", "pieces"]
    threshold: Count | None = None
    steps: Annotated[tuple[Step, ...], Meta(max_length=100)] = ()


class ItemScope(Struct, frozen=True, forbid_unknown_fields=True):
    """Which skus count: those included, or all but those excluded (spec 2.1)."""

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None


class StoreScope(Struct, frozen=True, forbid_unknown_fields=True):
    """Stores by id or through organizations: either matches (spec 2.1)."""

    stores: tuple[str, ...] = ()
    organizations: tuple[Code, ...] = ()


class NotWith(Struct, frozen=True, forbid_unknown_fields=True):
    """What an order may not have used; each left out is shareable (spec 2.1, 2.3)."""

    coupons: Literal["all"] | tuple[str, ...] = ()
    promotions: Literal["all"] | tuple[str, ...] = ()
    benefits: tuple[Benefit, ...] = ()
    assets: tuple[Asset, ...] = ()


class Notify(Struct, frozen=True, forbid_unknown_fields=True):
    """Which mini programs are told of a coupon's arrival, and with which message (spec 4.3)."""

    mini_programs: tuple[str, ...] = ()
    message: str | None = None


class CumulativeSpend(Definition, frozen=True, kw_only=True, tag="cumulative_spend", tag_field="type"):
    """An activity that grants when a member's spending in it reaches a threshold (spec 2.1 to 2.4)."""

    kind: Literal["activity"]
    code: Code
    name: Text
    description: str = ""
    draft: bool = False
    starts_at: Time | None = None
    ends_at: Time | None = None
    programs: tuple[Code, ...] = ()
    currency: Currency | None = None
    timezone: str | None = None
    condition: Condition
    item_scope: ItemScope | None = None
    # Steps have gifts of their own.
    gifts: tuple[Gift, ...] = ()
    stores: Literal["all"] | StoreScope = "all"
    service_types: tuple[ServiceType, ...] = ()
    channels: tuple[Channel, ...] = ()
    not_with: NotWith = NotWith()
    notify: Notify | None = None


class TierUpgrade(Definition, frozen=True, kw_only=True, tag="tier_upgrade", tag_field="type"):
    """An activity that grants when a member is upgraded to a level or past it (spec 2.8)."""

    kind: Literal["activity"]
    code: Code
    name: Text
    description: str = ""
    draft: bool = False
    starts_at: Time | None = None
    ends_at: Time | None = None
    programs: tuple[Code, ...] = ()
    currency: Currency | None = None
    timezone: str | None = None
    # program/level, or program/*
    levels: Annotated[tuple[str, ...], Meta(min_length=1)]
    regain: bool = False
    gifts: Gifts
    # An upgrade has no store, channel or coupon of its own: only the values that restrict nothing are accepted.
    stores: Literal["all"] = "all"
    service_types: tuple[ServiceType, ...] = ()
    channels: tuple[Channel, ...] = ()
    not_with: NotWith = NotWith()
    notify: Notify | None = None


Activity = CumulativeSpend | TierUpgrade


class Standard(Struct, frozen=True, forbid_unknown_fields=True):
    """By what spending a level is reached (spec 3.1)."""

    mode: Literal["total"] = "total"
    window: Literal["history"] = "history"
    include_imported: bool = False


class Paid(Struct, frozen=True, forbid_unknown_fields=True):
    """How levels that are paid for are priced; there are none yet (spec 3.1)."""

    pricing: Literal["unified"] = "unified"


class Level(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rung of a program's ladder (spec 3.2)."""

    code: Code
    name: Text
    card_style: str | None = None
    badge: str | None = None
    type: Literal["basic"] = "basic"
    threshold: Amount
    enabled: bool = True
    benefits: tuple[dict[str, object], ...] = ()


class Program(Definition, frozen=True, kw_only=True, tag="program", tag_field="kind"):
    """A ladder of levels, and how they are reached (spec 3.1). The order of `levels` is the ladder's, lowest first."""

    code: Code
    name: Text
    timezone: str = "UTC"
    currency: Currency
    # None: enabled when it has an enabled level.
    enabled: bool | None = None
    default: bool = False
    plan: Literal["lite", "starter", "growth", "pro"] | None = None
    rules: str = ""
    instructions: str = ""
    notice: str = ""
    active_from: Time | None = None
    measure: Literal["amount"] = "amount"
    standard: Standard = Standard()
    validity: Literal["permanent"] = "permanent"
    spending_downgrade: bool = False
    paid: Paid = Paid()
    participating_channels: Literal["all"] | tuple[Channel, ...] = "all"
    levels: tuple[Level, ...] = ()


class Organization(Definition, frozen=True, kw_only=True, tag="organization", tag_field="kind"):
    """Stores that belong together, with those of the organizations below it (spec 1.8)."""

    code: Code
    name: Text
    parent: Code | None = None
    stores: tuple[str, ...] = ()


class Coupon(Definition, frozen=True, kw_only=True, tag="coupon", tag_field="kind"):
    """What a coupon gift refers to (spec 1.8)."""

    code: Code
    name: Text
    value: Amount
    currency: Currency


AnyDefinition = CumulativeSpend | TierUpgrade | Program | Organization | Coupon


class Problem(Struct, frozen=True):
    """What is wrong with a definition, at a path such as `condition.threshold`; a `warning` does not refuse it."""

    code: str
    field: str
    message: str
    warning: bool = False


class Saved(Struct, frozen=True, kw_only=True):
    """A version of a definition as it stands on the definitions topic: `document` is the definition as it was written.

    Key on the topic: kind/code/version. Times are epoch ms. The first version holds from the document's own start, a
    later one from `holds_from_ms`.
    """

    kind: Literal["activity", "program", "organization", "coupon"]
    code: str
    version: int
    saved_at_ms: int
    saved_by: str = ""
    document: dict[str, object]


def without_nulls(value: object) -> object:
    """A copy of a document in which fields that hold null are left out: an empty field means its default."""
    if isinstance(value, Mapping):
        return {key: without_nulls(held) for key, held in value.items() if held is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def parse(document: Mapping[str, object]) -> AnyDefinition:
    """The definition of a document that `rules.definitions.checking.check` accepts. Raises msgspec.ValidationError for most others."""
    given = without_nulls(document)
    if document.get("kind") == "activity":
        return msgspec.convert(given, CumulativeSpend | TierUpgrade)
    return msgspec.convert(given, Program | Organization | Coupon)
