"""An order (spec 1.1)."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Literal

from msgspec import Meta, Struct

from rules.documents.content import business_key, content_digest, order_key
from rules.documents.fields import Amount, Channel, Id, ReceiptPart, ServiceType, Time
from rules.documents.kind import Keys, Kind
from rules.documents.lines import Items, Line
from rules.documents.validity import InvalidDocument, check_lines


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
    service_type: ServiceType | None = None
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


def _check(order: Purchase, max_lines: int) -> tuple[Items, int]:
    found = check_lines(order.lines, order.fees, order.total, order.currency, max_lines)
    if order.payments:
        paid = 0
        for payment in order.payments:
            paid += payment.amount
        if paid != order.total:
            raise InvalidDocument("payments", f"they add up to {paid}, total is {order.total}")
    return found


def _may_be_late(order: Purchase) -> bool:
    return order.imported


def _keys(order: Purchase, seed: int) -> Keys:
    assert order.member_id is not None
    own = order_key(order.member_id, order.order_id, seed)
    return own, business_key("till", order, seed) if order.channel == "pos" else None


def _content(order: Purchase) -> bytes:
    """Of all but its own id, received_at and fields that we do not know. Times count as instants, however their offset is written."""
    own_id, placed_at, received_at = order.order_id, order.placed_at, order.received_at
    order.order_id, order.received_at = "", None
    if placed_at.tzinfo is not UTC:
        order.placed_at = placed_at.astimezone(UTC)
    digest = content_digest(order)
    order.order_id, order.placed_at, order.received_at = own_id, placed_at, received_at
    return digest


KIND = Kind(shape=Purchase, time_field="placed_at", check=_check, may_be_late=_may_be_late, keys=_keys, content=_content)
