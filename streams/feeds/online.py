"""The web shop's own shape: an order with its fulfilment (spec 1.3)."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from streams.feeds.feed import Feed

_METHODS = {
    "card": "card",
    "wallet": "card",
    "gift_card": "gift_card",
    "voucher": "group_voucher",
    "balance": "prepaid_balance",
    "points": "points",
}


class Item(Struct):
    """A line: `line_total` in minor units, after discounts."""

    sku: str
    quantity: int
    line_total: int


class Fulfilment(Struct):
    """How the goods reach the customer, and what that costs, in minor units."""

    method: Literal["ship", "collect"]
    fee: int = 0


class Paid(Struct):
    """What was paid, in minor units."""

    by: Literal["card", "wallet", "gift_card", "voucher", "balance", "points"]
    amount: int


class Customer(Struct, frozen=True):
    """Who ordered; without an id, a guest."""

    member_id: str | None = None


class WebOrder(Struct, kw_only=True):
    """An order of the web shop; one with `return_of` takes back some of another (null: of none that is known)."""

    number: str
    shop: str
    created_at: str
    currency: str
    items: list[Item]
    total: int
    event: Literal["placed", "returned"] = "placed"
    customer: Customer = Customer()
    fulfilment: Fulfilment | None = None
    paid: list[Paid] = []
    coupon_codes: list[str] = []
    campaigns: list[str] = []
    member_price: bool = False
    member_discount: bool = False
    return_of: str | None = None


def _to_document(order: WebOrder) -> dict[str, object]:
    fulfilment = order.fulfilment
    document: dict[str, object] = {
        "channel": "online",
        "store_id": order.shop,
        "member_id": order.customer.member_id,
        "currency": order.currency,
        "lines": [{"sku": item.sku, "quantity": item.quantity, "amount": item.line_total} for item in order.items],
        "fees": fulfilment.fee if fulfilment else 0,
        "total": order.total,
    }
    if order.event == "returned":
        document |= {"type": "refund", "refund_id": order.number, "order_id": order.return_of, "refunded_at": order.created_at}
    else:
        document |= {
            "type": "purchase",
            "order_id": order.number,
            "placed_at": order.created_at,
            "service_type": ("delivery" if fulfilment.method == "ship" else "self_pickup") if fulfilment else None,
            "payments": [{"method": _METHODS[paid.by], "amount": paid.amount} for paid in order.paid],
            "coupons": order.coupon_codes,
            "promotions": order.campaigns,
            "member_price": order.member_price,
            "member_discount": order.member_discount,
        }
    return document


_COMMON = {
    "store_id": "shop",
    "member_id": "customer.member_id",
    "lines": "items",
    "lines.amount": "line_total",
    "fees": "fulfilment.fee",
}
FEED = Feed(
    name="web_order",
    shape=WebOrder,
    to_document=_to_document,
    sent_as={
        "purchase": _COMMON
        | {
            "order_id": "number",
            "placed_at": "created_at",
            "service_type": "fulfilment.method",
            "payments": "paid",
            "payments.method": "by",
            "coupons": "coupon_codes",
            "promotions": "campaigns",
        },
        "refund": _COMMON | {"refund_id": "number", "order_id": "return_of", "refunded_at": "created_at"},
    },
)
