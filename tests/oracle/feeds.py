"""The feeds' own shapes, a receipt of a till and an order of the web shop, as documents of spec 1.1 and 1.2 (spec 1.3)."""

from __future__ import annotations

import json
from typing import Any

from .values import date_of, identifier, invalid, objects

Document = dict[str, Any]

SERVICES = {"EAT_IN": "dine_in", "TAKE_AWAY": "self_pickup", "DELIVERY": "delivery", "ship": "delivery", "collect": "self_pickup"}
METHODS = {"VOUCHER": "group_voucher", "BALANCE": "prepaid_balance", "GIFT_CARD": "gift_card", "POINTS": "points"}
PASSED_OVER = ("VOID", "TRAINING")
RECEIPT_ID = "receipt "


def canonical(document: Document) -> Document | None:
    """None for what is passed over. Raises Refused."""
    if isinstance(document.get("receipt"), dict):
        return _receipt(document["receipt"])
    if isinstance(document.get("web_order"), dict):
        return _web_order(document["web_order"])
    return document


def receipt_id(parts: Document) -> str:
    """Another one for other parts; how the product writes it is its own."""
    named = [identifier(parts, name) for name in ("store", "till", "business_date", "number")]
    named[2] = date_of(named[2])
    return RECEIPT_ID + json.dumps(named)


def _receipt(receipt: Document) -> Document | None:
    if receipt.get("kind") in PASSED_OVER:
        return None
    if receipt.get("kind") not in ("SALE", "RETURN"):
        raise invalid("kind of a receipt")
    all_items = objects(receipt, "items")
    items = [item for item in all_items if item.get("voided") is not True]
    if all_items and not items and not receipt.get("sum"):
        return None
    document = {
        "channel": "pos",
        "store_id": receipt.get("store"),
        "terminal_id": receipt.get("till"),
        "receipt_no": receipt.get("number"),
        "business_date": receipt.get("business_date"),
        "member_id": receipt.get("loyalty_card"),
        "currency": receipt.get("currency"),
        "lines": [{"sku": item.get("plu"), "quantity": item.get("qty"), "amount": item.get("net")} for item in items],
        "fees": receipt.get("tip"),
        "tax": receipt.get("tax"),
        "rounding": receipt.get("rounding"),
        "total": receipt.get("sum"),
        "received_at": receipt.get("received_at"),
    }
    if receipt["kind"] == "RETURN":
        returns = receipt.get("returns")
        return document | {
            "type": "refund",
            "refund_id": receipt_id(receipt),
            "order_id": receipt_id(returns) if isinstance(returns, dict) else None,
            "refunded_at": receipt.get("closed_at"),
        }
    return document | {
        "type": "purchase",
        "order_id": receipt_id(receipt),
        "placed_at": receipt.get("closed_at"),
        "service_type": SERVICES.get(str(receipt.get("service"))),
        "payments": [
            {"method": METHODS.get(str(tender.get("kind"))), "amount": tender.get("amount")}
            for tender in objects(receipt, "tenders")
        ],
        "coupons": receipt.get("vouchers"),
        "promotions": receipt.get("promotions"),
        "member_price": receipt.get("member_price"),
        "member_discount": receipt.get("member_discount"),
        "imported": receipt.get("imported"),
    }


def _web_order(order: Document) -> Document:
    fulfilment, customer = order.get("fulfilment") or {}, order.get("customer") or {}
    document = {
        "channel": "online",
        "store_id": order.get("shop"),
        "member_id": customer.get("member_id"),
        "currency": order.get("currency"),
        "lines": [
            {"sku": item.get("sku"), "quantity": item.get("quantity"), "amount": item.get("line_total")}
            for item in objects(order, "items")
        ],
        "fees": fulfilment.get("fee"),
        "tax": order.get("tax"),
        "rounding": order.get("rounding"),
        "total": order.get("total"),
        "received_at": order.get("received_at"),
    }
    if order.get("event") == "returned":
        return document | {
            "type": "refund",
            "refund_id": order.get("number"),
            "order_id": order.get("return_of"),
            "refunded_at": order.get("created_at"),
        }
    return document | {
        "type": "purchase",
        "order_id": order.get("number"),
        "placed_at": order.get("created_at"),
        "service_type": SERVICES.get(str(fulfilment.get("method"))),
        "payments": [
            {"method": METHODS.get(str(paid.get("by")).upper()), "amount": paid.get("amount")} for paid in objects(order, "paid")
        ],
        "coupons": order.get("coupon_codes"),
        "promotions": order.get("campaigns"),
        "member_price": order.get("member_price"),
        "member_discount": order.get("member_discount"),
        "imported": order.get("imported"),
    }
