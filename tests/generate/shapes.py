"""Documents in the feeds' own shapes, and in the envelopes in which connectors put them (spec 1.3)."""

from __future__ import annotations

import random
from typing import Any

Document = dict[str, Any]

SERVICES = {"dine_in": "EAT_IN", "self_pickup": "TAKE_AWAY", "delivery": "DELIVERY"}
FULFILMENTS = {"delivery": "ship", "self_pickup": "collect"}
METHODS = {"group_voucher": "VOUCHER", "prepaid_balance": "BALANCE"}
# As a receipt is named by the one that takes it back.
PARTS = {"store": "store_id", "till": "terminal_id", "business_date": "business_date", "number": "receipt_no"}


def parts_of(document: Document) -> Document:
    """What makes the id of a receipt; KeyError where the document has no business key."""
    return {theirs: document[ours] for theirs, ours in PARTS.items()}


def receipt(rng: random.Random, document: Document, returns: Document | None = None) -> Document:
    """Of a purchase or a refund with a business key. `returns`: the parts of the receipt that a refund takes back."""
    items = [{"plu": line["sku"], "qty": line["quantity"], "net": line["amount"]} for line in document["lines"]]
    if rng.random() < 0.2:
        items.insert(rng.randint(0, len(items)), {"plu": "struck-out", "qty": 1, "net": 999, "voided": True})
    made = parts_of(document) | {
        "kind": "SALE" if document["type"] == "purchase" else "RETURN",
        "closed_at": document.get("placed_at", document.get("refunded_at")),
        "currency": document["currency"],
        "items": items,
        "loyalty_card": document.get("member_id"),
    }
    names = {"total": "sum", "fees": "tip", "tax": "tax", "rounding": "rounding", "received_at": "received_at"}
    if document["type"] == "purchase":
        names |= {"coupons": "vouchers"} | {name: name for name in ("promotions", "member_price", "member_discount", "imported")}
        made["service"] = SERVICES.get(document.get("service_type") or "", document.get("service_type"))
        made["tenders"] = [
            {"kind": METHODS.get(paid["method"], paid["method"].upper()), "amount": paid["amount"]}
            for paid in (document.get("payments") or [])
        ]
    else:
        made["returns"] = returns
    return {"receipt": made | {theirs: document[ours] for ours, theirs in names.items() if ours in document}}


def web_order(document: Document) -> Document | None:
    """Of an online purchase or refund; None where the shop could not have said it."""
    if document["channel"] != "online" or document.get("service_type") == "dine_in":
        return None
    service_type, fees = document.get("service_type"), document.get("fees") or 0
    made: Document = {
        "number": document.get("refund_id", document.get("order_id")),
        "shop": document["store_id"],
        "created_at": document.get("placed_at", document.get("refunded_at")),
        "currency": document["currency"],
        "items": [{"sku": line["sku"], "quantity": line["quantity"], "line_total": line["amount"]} for line in document["lines"]],
        "customer": {"member_id": document.get("member_id")},
    }
    if service_type or fees:
        made["fulfilment"] = {"method": FULFILMENTS.get(service_type or "", "drone"), "fee": fees}
    names = {name: name for name in ("total", "tax", "rounding", "received_at")}
    if document["type"] == "purchase":
        names |= {"coupons": "coupon_codes", "promotions": "campaigns"}
        names |= {name: name for name in ("member_price", "member_discount", "imported")}
        made["paid"] = [
            {"by": METHODS.get(paid["method"], paid["method"]).lower(), "amount": paid["amount"]}
            for paid in (document.get("payments") or [])
        ]
    else:
        made |= {"event": "returned", "return_of": document["order_id"]}
    return {"web_order": made | {theirs: document[ours] for ours, theirs in names.items() if ours in document}}


def in_envelope(rng: random.Random, raw: bytes) -> bytes:
    """Of Kafka Connect, or the five bytes of a Confluent serializer (no line end among them)."""
    if rng.random() < 0.5:
        return b'{"schema":null,"payload":' + raw + b"}"
    return b"\0" + bytes(rng.choice([0, 1, 7, 255]) for _ in range(4)) + raw
