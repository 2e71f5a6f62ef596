"""What takes back some or all of an order, or of nothing known (spec 1.2)."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

from msgspec import Meta, Struct

from rules.documents.content import business_key, content_digest, refund_key
from rules.documents.fields import Amount, Channel, Id, ReceiptPart, Time
from rules.documents.kind import Keys, Kind
from rules.documents.lines import Items, RefundLine
from rules.documents.validity import check_lines


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


def _check(refund: Refund, max_lines: int) -> tuple[Items, int]:
    return check_lines(refund.lines, refund.fees, refund.total, refund.currency, max_lines)


def _may_be_late(_: Refund) -> bool:
    return False


def _keys(refund: Refund, seed: int) -> Keys:
    assert refund.member_id is not None
    own = refund_key(refund.member_id, refund.refund_id, seed)
    return own, business_key("till-refund", refund, seed) if refund.channel == "pos" else None


def _content(refund: Refund) -> bytes:
    """As of an order: see `rules.documents.purchase`."""
    own_id, refunded_at, received_at = refund.refund_id, refund.refunded_at, refund.received_at
    refund.refund_id, refund.received_at = "", None
    if refunded_at.tzinfo is not UTC:
        refund.refunded_at = refunded_at.astimezone(UTC)
    digest = content_digest(refund)
    refund.refund_id, refund.refunded_at, refund.received_at = own_id, refunded_at, received_at
    return digest


KIND = Kind(shape=Refund, time_field="refunded_at", check=_check, may_be_late=_may_be_late, keys=_keys, content=_content)
