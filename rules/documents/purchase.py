"""An order (spec 1.1)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta, Struct

from rules.documents.baskets import is_given_back, is_plain
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
from rules.documents.lines import Line
from rules.documents.tolerant.fields import Fields
from rules.documents.tolerant.lines import lines_of_order

# What was paid with something that was bought or given before: only of these the amounts are looked at.
ASSETS: Final = frozenset(("gift_card", "group_voucher", "prepaid_balance", "points"))
_METHODS = ASSETS | {"card", "cash", "other"}


class Payment(Struct, gc=False):
    """A part of what was paid, in minor units."""

    method: Literal["card", "cash", "gift_card", "group_voucher", "prepaid_balance", "points", "other"]
    amount: SignedAmount


class Purchase(Struct, gc=False, tag="purchase", tag_field="type", kw_only=True, omit_defaults=True):
    """An order, in the strict form: every line is sold by the piece (spec 1.1)."""

    # Whether there may be lines of other kinds.
    mixed: ClassVar[bool] = False

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

    mixed: ClassVar[bool] = True


def read(fields: Fields) -> Purchase:
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
