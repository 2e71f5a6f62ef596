"""What comes in, in the one shape that every feed is brought to (spec 1.1, 1.2, 1.7)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

# An amount beyond this is a mistake, and sums of many of them stay within 64 bits.
MAX_AMOUNT = 10**15
MAX_QUANTITY = 10**9

Id = Annotated[str, Meta(min_length=1, max_length=256)]
Amount = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
Time = Annotated[datetime, Meta(tz=True)]
Channel = Literal["pos", "online"]
# Tills number their receipts with or without quotes.
ReceiptPart = Annotated[str, Meta(min_length=1, max_length=256)] | int | None


class Line(Struct, gc=False):
    """One line of an order: `amount` in minor units, net of the line's discounts."""

    sku: Id
    quantity: Annotated[int, Meta(ge=1, le=MAX_QUANTITY)]
    amount: Amount


class RefundLine(Struct, gc=False):
    """One line of a refund; quantity 0 is a price adjustment."""

    sku: Id
    quantity: Annotated[int, Meta(ge=0, le=MAX_QUANTITY)]
    amount: Amount


class Payment(Struct, gc=False):
    """A part of what was paid, in minor units."""

    method: Literal["card", "cash", "gift_card", "group_voucher", "prepaid_balance", "points", "other"]
    amount: Amount


class Purchase(Struct, gc=False, tag="purchase", tag_field="type", kw_only=True, omit_defaults=True):
    """An order (spec 1.1)."""

    order_id: Id
    channel: Channel
    store_id: Id
    placed_at: Time
    currency: str
    lines: Annotated[list[Line], Meta(min_length=1)]
    total: Amount
    fees: Amount = 0
    service_type: Literal["dine_in", "delivery", "self_pickup"] | None = None
    member_id: Id | None = None
    payments: list[Payment] = []
    coupons: list[str] = []
    promotions: list[str] = []
    member_price: bool = False
    member_discount: bool = False
    imported: bool = False
    terminal_id: ReceiptPart = None
    receipt_no: ReceiptPart = None
    business_date: ReceiptPart = None
    received_at: Time | None = None


class Refund(Struct, gc=False, tag="refund", tag_field="type", kw_only=True, omit_defaults=True):
    """What takes back some or all of an order, or of nothing known (order_id null) (spec 1.2)."""

    refund_id: Id
    channel: Channel
    store_id: Id
    refunded_at: Time
    currency: str
    lines: Annotated[list[RefundLine], Meta(min_length=1)]
    total: Amount
    order_id: Id | None = None
    fees: Amount = 0
    member_id: Id | None = None
    terminal_id: ReceiptPart = None
    receipt_no: ReceiptPart = None
    business_date: ReceiptPart = None
    received_at: Time | None = None


class MembershipDocument(Struct, gc=False):
    """A program that a member belongs to; documents placed before `since` do not count in it."""

    program: Id
    since: Time | None = None


class MemberDocument(Struct, gc=False, tag="member", tag_field="type", kw_only=True):
    """A member registered or changed (spec 1.7). `programs`, where given, are all the programs that he belongs to."""

    member_id: Id
    programs: list[MembershipDocument | str] | UnsetType = UNSET
    registered_at: Time | None = None
    received_at: Time | None = None


Document = Purchase | Refund | MemberDocument
