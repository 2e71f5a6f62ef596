"""What comes in, in the one shape that every feed is brought to (spec 1.1, 1.2, 1.7), and what must hold of it (spec 1.6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import pycountry
from msgspec import UNSET, Meta, Struct, UnsetType

DAY_MS = 86_400_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# The years 1 and 9999 are left out, so that every time can be said with any offset.
FIRST_MS = (datetime(2, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND
LAST_MS = (datetime(9999, 1, 1, tzinfo=UTC) - _EPOCH) // _MILLISECOND - 1

# An amount beyond this is a mistake, and sums of many of them stay within 64 bits.
MAX_AMOUNT = 10**15
MAX_QUANTITY = 10**9

Id = Annotated[str, Meta(min_length=1, max_length=256)]
Amount = Annotated[int, Meta(ge=0, le=MAX_AMOUNT)]
Time = Annotated[datetime, Meta(tz=True)]
Channel = Literal["pos", "online"]
# Tills number their receipts with or without quotes.
ReceiptPart = Annotated[str, Meta(min_length=1, max_length=256)] | int | None


class InvalidDocument(ValueError):
    """A document that has the shape but breaks a rule of spec 1.1, 1.2 or 1.5; the message says which, and by which field."""


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


class Purchase(Struct, gc=False, tag="purchase", tag_field="type", kw_only=True):
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


class Refund(Struct, gc=False, tag="refund", tag_field="type", kw_only=True):
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


# The codes of ISO 4217.
CURRENCIES = frozenset(currency.alpha_3 for currency in pycountry.currencies)


def epoch_ms(time: datetime) -> int:
    """Epoch milliseconds of an aware datetime, rounded down."""
    return (time - _EPOCH) // _MILLISECOND


def at_utc(time_ms: int) -> str:
    """ISO 8601, UTC, of epoch milliseconds; of the nearest time that has a year of four digits."""
    return (_EPOCH + timedelta(milliseconds=min(max(time_ms, FIRST_MS), LAST_MS))).isoformat()


def check_sums(document: Purchase | Refund, max_lines: int) -> int:
    """The sum of the lines' amounts, once they, the fees and the total agree. Raises InvalidDocument (spec 1.1, 1.6)."""
    amount = 0
    for line in document.lines:
        amount += line.amount
    if amount + document.fees != document.total:
        raise InvalidDocument(
            f"total is {document.total}, but lines ({amount}) and fees ({document.fees}) add up to {amount + document.fees}"
        )
    if len(document.lines) > max_lines:
        raise InvalidDocument(f"lines: {len(document.lines)}, more than the {max_lines} allowed")
    if document.currency not in CURRENCIES:
        raise InvalidDocument(f"currency: {document.currency!r} is not a code of ISO 4217")
    return amount


def check_payments(payments: Sequence[Payment], total: int) -> None:
    """Payments, where given, add up to the total. Raises InvalidDocument (spec 1.1)."""
    paid = 0
    for payment in payments:
        paid += payment.amount
    if paid != total:
        raise InvalidDocument(f"payments add up to {paid}, total is {total}")


def check_time(field: str, time_ms: int, received_ms: int) -> None:
    """A time more than a day after the document was received is bad input. Raises InvalidDocument (spec 1.5)."""
    if not FIRST_MS <= time_ms <= LAST_MS:
        raise InvalidDocument(f"{field}: expected a time from {at_utc(FIRST_MS)} to {at_utc(LAST_MS)}")
    if time_ms > received_ms + DAY_MS:
        raise InvalidDocument(
            f"{field}: {at_utc(time_ms)} is more than a day after the document was received ({at_utc(received_ms)})"
        )
