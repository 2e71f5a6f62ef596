"""What takes back some or all of an order, or of nothing known (spec 1.2)."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

from msgspec import Meta, Struct

from rules.documents.content import business_keys, content_digest, content_digest_before, refund_key
from rules.documents.fields import CHANNELS, MAX_AMOUNT, Amount, Channel, Id, ReceiptPart, SignedAmount, Time
from rules.documents.items import items_of
from rules.documents.judging import Judging
from rules.documents.kind import NO_ASSETS, Assets, Kind, KnownBy
from rules.documents.lines import Items, Line
from rules.documents.tolerant.fields import Fields
from rules.documents.tolerant.lines import lines_of_refund
from rules.documents.validity import check_untold_total, no_currency, too_many_lines, wrong_total


class Refund(Struct, gc=False, tag="refund", tag_field="type", kw_only=True, omit_defaults=True):
    """What takes back some or all of an order, or of nothing known (order_id null) (spec 1.2). Quantity 0 is a price adjustment."""

    refund_id: Id
    channel: Channel
    store_id: Id
    refunded_at: Time
    currency: str
    lines: Annotated[list[Line], Meta(min_length=1)]
    total: SignedAmount | None = None
    order_id: Id | None = None
    fees: Amount = 0
    member_id: Id | None = None
    terminal_id: ReceiptPart = None
    receipt_no: ReceiptPart = None
    business_date: ReceiptPart = None
    received_at: Time | None = None
    tax: Amount = 0
    rounding: SignedAmount = 0


def _read(fields: Fields) -> Refund:
    """As tolerantly as may be."""
    return Refund(
        refund_id=fields.id("refund_id"),
        channel=fields.one_of("channel", CHANNELS),  # type: ignore[arg-type]
        store_id=fields.id("store_id"),
        refunded_at=fields.time("refunded_at"),
        currency=fields.text("currency"),
        lines=lines_of_refund(fields),
        total=fields.amount_or_none("total", least=-MAX_AMOUNT),
        order_id=fields.id_or_none("order_id", empty=True),
        fees=fields.amount("fees", default=0),
        member_id=fields.id_or_none("member_id", empty=True),
        terminal_id=fields.receipt_part("terminal_id"),
        receipt_no=fields.receipt_part("receipt_no"),
        business_date=fields.receipt_part("business_date"),
        received_at=fields.time_or_none("received_at"),
        tax=fields.amount("tax", default=0),
        rounding=fields.amount("rounding", default=0, least=-MAX_AMOUNT),
    )


def _check(refund: Refund, judging: Judging) -> tuple[Items, int, Assets]:
    lines, total = refund.lines, refund.total
    items, of_lines = items_of(lines)
    beside = refund.fees + refund.tax + refund.rounding
    if total is None:
        check_untold_total(of_lines + beside)
    elif of_lines + beside != total:
        raise wrong_total(of_lines, beside, total)
    if len(lines) > judging.max_lines:
        raise too_many_lines(len(lines), judging)
    if refund.currency not in judging.currencies:
        raise no_currency(refund.currency)
    return items, of_lines, NO_ASSETS


def _names_an_order(refund: Refund) -> bool:
    return refund.order_id is not None


def _known_by(refund: Refund, _: Assets, seed: int) -> KnownBy:
    """Its content is all that counts, and of nothing else: the order that it names does."""
    at = refund.refunded_at
    at = at if at.tzinfo is UTC else at.astimezone(UTC)
    content = content_digest((refund.order_id, refund.store_id, refund.channel, at, refund.currency, refund.lines))
    assert refund.member_id is not None
    own = refund_key(refund.member_id, refund.refund_id, seed)
    if refund.channel != "pos":
        return content, own, None, None
    business, before = business_keys("till-refund", refund, seed)
    return content, own, business, before


def _content_before(refund: Refund) -> bytes:
    return content_digest_before(refund, "refund_id", "refunded_at")


KIND = Kind(
    shape=Refund,
    read=_read,
    time_field="refunded_at",
    check=_check,
    needs_member=_names_an_order,
    id_field="refund_id",
    known_by=_known_by,
    content_before=_content_before,
)
