"""The tills' own shape: a receipt with tenders (spec 1.3)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from streams.feeds.feed import Feed

_METHODS = {
    "CARD": "card",
    "CASH": "cash",
    "GIFT_CARD": "gift_card",
    "VOUCHER": "group_voucher",
    "BALANCE": "prepaid_balance",
    "POINTS": "points",
    "OTHER": "other",
}
_SERVICE = {"EAT_IN": "dine_in", "TAKE_AWAY": "self_pickup", "DELIVERY": "delivery"}


class Item(Struct):
    """A line of the receipt: `net` in minor units, of all its pieces, after discounts."""

    plu: str
    qty: int
    net: int


class Tender(Struct):
    """What was tendered, in minor units."""

    kind: Literal["CARD", "CASH", "GIFT_CARD", "VOUCHER", "BALANCE", "POINTS", "OTHER"]
    amount: int


class Receipt(Struct, kw_only=True):
    """A receipt: a sale, or a return of the receipt that `returns` names (null: of none that is known)."""

    number: str
    kind: Literal["SALE", "RETURN"]
    store: str
    till: str
    business_date: str
    closed_at: str
    currency: str
    items: list[Item]
    sum: int
    tip: int = 0
    tenders: list[Tender] = []
    loyalty_card: str | None = None
    service: Literal["EAT_IN", "TAKE_AWAY", "DELIVERY"] | None = None
    vouchers: list[str] = []
    promotions: list[str] = []
    member_price: bool = False
    member_discount: bool = False
    returns: str | None = None


def _to_document(receipt: Receipt) -> dict[str, object]:
    """Its id is made of store, till, date and number."""
    document: dict[str, object] = {
        "channel": "pos",
        "store_id": receipt.store,
        "member_id": receipt.loyalty_card,
        "currency": receipt.currency,
        "lines": [{"sku": item.plu, "quantity": item.qty, "amount": item.net} for item in receipt.items],
        "fees": receipt.tip,
        "total": receipt.sum,
        "terminal_id": receipt.till,
        "receipt_no": receipt.number,
        "business_date": receipt.business_date,
    }
    receipt_id = f"{receipt.store}-{receipt.till}-{receipt.business_date}-{receipt.number}"
    if receipt.kind == "RETURN":
        document |= {"type": "refund", "refund_id": receipt_id, "order_id": receipt.returns, "refunded_at": receipt.closed_at}
    else:
        document |= {
            "type": "purchase",
            "order_id": receipt_id,
            "placed_at": receipt.closed_at,
            "service_type": _SERVICE[receipt.service] if receipt.service else None,
            "payments": [{"method": _METHODS[tender.kind], "amount": tender.amount} for tender in receipt.tenders],
            "coupons": receipt.vouchers,
            "promotions": receipt.promotions,
            "member_price": receipt.member_price,
            "member_discount": receipt.member_discount,
        }
    return document


_COMMON = {
    "store_id": "store",
    "member_id": "loyalty_card",
    "lines": "items",
    "lines.sku": "plu",
    "lines.quantity": "qty",
    "lines.amount": "net",
    "fees": "tip",
    "total": "sum",
    "terminal_id": "till",
    "receipt_no": "number",
}
FEED = Feed(
    name="receipt",
    shape=Receipt,
    to_document=_to_document,
    sent_as={
        "purchase": _COMMON
        | {
            "order_id": "number",
            "placed_at": "closed_at",
            "service_type": "service",
            "payments": "tenders",
            "payments.method": "kind",
            "coupons": "vouchers",
        },
        "refund": _COMMON | {"refund_id": "number", "order_id": "returns", "refunded_at": "closed_at"},
    },
)
