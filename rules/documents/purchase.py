"""An order (spec 1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Annotated, Literal

from msgspec import Meta, Struct

from rules.documents.baskets import is_given_back, is_plain, sold
from rules.documents.content import PURCHASES, business_keys, content_digest, content_digest_before, order_key
from rules.documents.fields import (
    CHANNELS,
    MAX_AMOUNT,
    SERVICE_TYPES,
    Amount,
    Channel,
    Id,
    ReceiptPart,
    ServiceType,
    SignedAmount,
    Time,
    Word,
)
from rules.documents.judging import Judging
from rules.documents.kind import NO_ASSETS, Assets, Kind, KnownBy
from rules.documents.lines import Items, Line, items_of
from rules.documents.tolerant.fields import Fields
from rules.documents.tolerant.lines import lines_of_order
from rules.documents.validity import InvalidDocument, check_untold_total, no_currency, too_many_lines, wrong_total

# What was paid with something that was bought or given before: only of these the amounts are looked at.
ASSETS = frozenset(("gift_card", "group_voucher", "prepaid_balance", "points"))
_METHODS = ASSETS | {"card", "cash", "other"}


class Payment(Struct, gc=False):
    """A part of what was paid, in minor units."""

    method: Literal["card", "cash", "gift_card", "group_voucher", "prepaid_balance", "points", "other"]
    amount: SignedAmount


class Purchase(Struct, gc=False, tag="purchase", tag_field="type", kw_only=True, omit_defaults=True):
    """An order, in the strict form: every line is sold by the piece (spec 1.1)."""

    order_id: Id
    channel: Channel
    store_id: Id
    placed_at: Time
    currency: str
    lines: Annotated[list[Line], Meta(min_length=1)]
    total: SignedAmount | None = None
    fees: Amount = 0
    service_type: ServiceType | None = None
    member_id: Id | None = None
    payments: list[Payment] = []
    coupons: list[Word] = []
    promotions: list[Word] = []
    member_price: bool = False
    member_discount: bool = False
    imported: bool = False
    terminal_id: ReceiptPart = None
    receipt_no: ReceiptPart = None
    business_date: ReceiptPart = None
    received_at: Time | None = None
    tax: Amount = 0
    rounding: SignedAmount = 0


class MixedPurchase(Purchase, gc=False, tag="purchase", tag_field="type", kw_only=True, omit_defaults=True):
    """An order with lines of other kinds: weighed goods, goods given back, discounts of the basket (`rules.documents.baskets`)."""


def _read(fields: Fields) -> Purchase:
    """As tolerantly as may be."""
    lines = lines_of_order(fields)
    shape = Purchase if all(map(is_plain, lines)) else MixedPurchase
    # What goods given back take along may be below 0, as they are.
    least = -MAX_AMOUNT if any(map(is_given_back, lines)) else 0
    return shape(
        order_id=fields.id("order_id"),
        channel=fields.one_of("channel", CHANNELS),  # type: ignore[arg-type]
        store_id=fields.id("store_id"),
        placed_at=fields.time("placed_at"),
        currency=fields.text("currency"),
        lines=lines,
        total=fields.amount_or_none("total", least=-MAX_AMOUNT),
        fees=fields.amount("fees", default=0, least=least),
        service_type=fields.word("service_type", SERVICE_TYPES),  # type: ignore[arg-type]
        member_id=fields.id_or_none("member_id", empty=True),
        payments=[_payment(payment) for payment in fields.objects("payments")],
        coupons=fields.words("coupons"),
        promotions=fields.words("promotions"),
        member_price=fields.flag("member_price"),
        member_discount=fields.flag("member_discount"),
        imported=fields.flag("imported"),
        terminal_id=fields.receipt_part("terminal_id"),
        receipt_no=fields.receipt_part("receipt_no"),
        business_date=fields.receipt_part("business_date"),
        received_at=fields.time_or_none("received_at"),
        tax=fields.amount("tax", default=0, least=least),
        rounding=fields.amount("rounding", default=0, least=-MAX_AMOUNT),
    )


def _payment(fields: Fields) -> Payment:
    method = fields.word("method", _METHODS) or "other"
    amount = fields.amount("amount") if method in ASSETS else fields.amount_if_any("amount")
    return Payment(method, amount)  # type: ignore[arg-type]


def _check(order: Purchase, judging: Judging) -> tuple[Items, int, Assets]:
    """Of what was sold, net of discounts of the basket."""
    lines = order.lines
    if type(order) is MixedPurchase:
        items, amount = items_of(sold(lines))
        of_lines = sum(line.amount for line in lines)
    else:
        items, amount = items_of(lines)
        of_lines = amount
    beside = order.fees + order.tax + order.rounding
    total = order.total
    if total is None:
        total = of_lines + beside
        check_untold_total(total)
    elif of_lines + beside != total:
        raise wrong_total(of_lines, beside, total)
    assets = NO_ASSETS
    for payment in order.payments:
        if payment.method in ASSETS:
            assets = _assets(order.payments, total)
            break
    if len(lines) > judging.max_lines:
        raise too_many_lines(len(lines), judging)
    if order.currency not in judging.currencies:
        raise no_currency(order.currency)
    return items, amount, assets


def _assets(payments: Sequence[Payment], total: int) -> Assets:
    """What assets paid. Change, rounding and other tenders need not add up (spec 1.1). Raises InvalidDocument."""
    assets: dict[str, int] = {}
    for place, payment in enumerate(payments):
        if payment.method in ASSETS and payment.amount:
            if payment.amount < 0:
                raise InvalidDocument(f"/payments/{place}/amount", f"expected 0 or more; got {payment.amount}")
            assets[payment.method] = assets.get(payment.method, 0) + payment.amount
    if assets and (paid := sum(assets.values())) > total:
        problem = f"expected at most the total, {total}, from gift cards, group vouchers, prepaid balance and points; got {paid}"
        raise InvalidDocument("/payments", problem)
    return assets


def _may_be_late(order: Purchase) -> bool:
    return order.imported


def _known_by(order: Purchase, assets: Assets, seed: int) -> KnownBy:
    """Its content is all that counts, and of nothing else: not its ids, nor what was paid how but for what is looked at."""
    placed_at = order.placed_at
    content = content_digest(
        (
            order.store_id,
            order.channel,
            order.service_type,
            placed_at if placed_at.tzinfo is UTC else placed_at.astimezone(UTC),
            order.currency,
            order.lines,
            sorted(assets.items()) if assets else None,
            order.coupons,
            order.promotions,
            order.member_price,
            order.member_discount,
            order.imported,
        )
    )
    assert order.member_id is not None
    own = order_key(order.member_id, order.order_id, seed)
    if order.channel != "pos":
        return content, own, None, None
    business, before = business_keys(PURCHASES, order, seed)
    return content, own, business, before


def _content_before(order: Purchase) -> bytes:
    return content_digest_before(order, "order_id", "placed_at")


KIND = Kind(
    shape=Purchase,
    other_shapes=(MixedPurchase,),
    read=_read,
    time_field="placed_at",
    check=_check,
    may_be_late=_may_be_late,
    id_field="order_id",
    known_by=_known_by,
    content_before=_content_before,
)
