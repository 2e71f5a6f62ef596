"""The feeds' own shapes: a receipt of a till, an order of the web shop. Keywords change what a test is about."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def receipt(**more: Any) -> Document:
    document: Document = {
        "number": "77",
        "kind": "SALE",
        "store": "s-1",
        "till": "till-2",
        "business_date": "2024-01-01",
        "closed_at": "2024-01-01T12:00:00+00:00",
        "currency": "GBP",
        "items": [{"plu": "x", "qty": 2, "net": 100}, {"plu": "y", "qty": 1, "net": 50}],
        "sum": 160,
        "tip": 10,
        "tenders": [{"kind": "CASH", "amount": 60}, {"kind": "GIFT_CARD", "amount": 100}],
        "loyalty_card": "ann",
        "service": "TAKE_AWAY",
        "vouchers": ["mug"],
        "promotions": ["spring"],
    }
    document |= more
    if document["kind"] == "RETURN":
        document["tip"] = 0
    return {"receipt": document}


def web_order(**more: Any) -> Document:
    document: Document = {
        "number": "w-1",
        "shop": "web-gb",
        "created_at": "2024-01-01T12:00:00+00:00",
        "currency": "GBP",
        "items": [{"sku": "x", "quantity": 2, "line_total": 100}, {"sku": "y", "quantity": 1, "line_total": 50}],
        "total": 154,
        "customer": {"member_id": "ann"},
        "fulfilment": {"method": "ship", "fee": 4},
        "paid": [{"by": "wallet", "amount": 104}, {"by": "balance", "amount": 50}],
        "coupon_codes": ["mug"],
        "campaigns": ["spring"],
    }
    return {"web_order": document | more}
