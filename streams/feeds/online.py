"""The web shop's own shape: an order with its fulfilment (spec 1.3)."""

from __future__ import annotations

from collections.abc import Mapping

from rules.documents.tolerant.fields import shown
from rules.documents.validity import InvalidDocument
from streams.feeds.feed import AsSent, Feed
from streams.feeds.fields import each_renamed, given, renamed, translated, within
from streams.feeds.receipt_ids import named_order

METHODS = {
    "card": "card",
    "wallet": "card",
    "gift_card": "gift_card",
    "voucher": "group_voucher",
    "balance": "prepaid_balance",
    "points": "points",
}
_SERVICE = {"ship": "delivery", "collect": "self_pickup"}
_LINE = {"sku": "sku", "quantity": "quantity", "line_total": "amount"}
_PAID = {"by": "method", "amount": "amount"}
# Of orders and returns, by what the shop calls it.
_BOTH = {
    "shop": "store_id",
    "currency": "currency",
    "tax": "tax",
    "rounding": "rounding",
    "total": "total",
    "received_at": "received_at",
}
_ORDER = _BOTH | {
    "number": "order_id",
    "created_at": "placed_at",
    "change": "change",
    "coupon_codes": "coupons",
    "campaigns": "promotions",
    "member_price": "member_price",
    "member_discount": "member_discount",
    "imported": "imported",
}
_RETURN = _BOTH | {"number": "refund_id", "created_at": "refunded_at"}


def _called(names: Mapping[str, str]) -> dict[str, str]:
    """What the fields of a document of ours are called in a web order."""
    called = {ours: theirs for theirs, ours in names.items()} | {f"lines/{ours}": theirs for theirs, ours in _LINE.items()}
    return called | {"lines": "items", "member_id": "customer/member_id", "fees": "fulfilment/fee"}


_ORDER_CALLED = _called(_ORDER) | {"service_type": "fulfilment/method", "payments": "paid", "payments/method": "by"}
_RETURN_CALLED = _called(_RETURN) | {"order_id": "return_of"}


def _read(order: Mapping[str, object]) -> AsSent:
    """An order; one with the event `returned` takes back some of another."""
    event = order.get("event")
    if event not in (None, "placed", "returned"):
        raise InvalidDocument("/event", f"expected placed or returned; got {shown(event)}")
    fulfilment = within(order, "fulfilment")
    both = {
        "channel": "online",
        "member_id": within(order, "customer").get("member_id"),
        "lines": each_renamed(order.get("items"), _LINE),
        "fees": fulfilment.get("fee"),
    }
    if event == "returned":
        both |= {"type": "refund", "order_id": named_order(order.get("return_of"), "/return_of", {})}
        return AsSent(renamed(order, _RETURN) | given(both), names=_RETURN_CALLED)
    both |= {
        "type": "purchase",
        "service_type": translated(fulfilment.get("method"), _SERVICE),
        "payments": each_renamed(order.get("paid"), _PAID, "method", METHODS),
    }
    return AsSent(renamed(order, _ORDER) | given(both), names=_ORDER_CALLED)


FEED = Feed(name="web_order", read=_read)
