"""Refunds: of an order in whole and in parts, of too much, of other goods, and without an order (spec 1.2)."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from .baskets import is_goods
from .purchases import time_text
from .world import SKUS

Document = dict[str, Any]


def refund_of(rng: random.Random, refund_id: str, order: Document, refunded: datetime) -> Document:
    """Half of them take the whole order back, the rest some of it, or more than there is."""
    how = rng.choices(["whole", "part", "price", "over", "foreign"], [50, 30, 8, 7, 5])[0]
    lines = [dict(line) for line in order["lines"] if is_goods(line)]
    if not lines:
        return refund_alone(rng, refund_id, order, refunded)
    if how == "part":
        lines = [_part(rng, line) for line in rng.sample(lines, rng.randint(1, len(lines)))]
    elif how == "price":
        lines = [_adjusted(line) for line in lines[:1]]
    elif how == "over":
        lines = [{**line, "quantity": round(line["quantity"] * 2, 3), "amount": line["amount"] * 2 + 5} for line in lines]
    elif how == "foreign":
        lines.append({"sku": rng.choice(SKUS), "quantity": 2, "amount": 700})
    fees = order.get("fees", 0) if how == "whole" else 0
    refund = _refund(rng, refund_id, order["order_id"], order.get("member_id"), refunded, lines, fees)
    refund |= {name: order[name] for name in ("channel", "store_id", "currency")}
    return _with_key(rng, refund, refunded)


def refund_alone(rng: random.Random, refund_id: str, like: Document, refunded: datetime) -> Document:
    """Without an order: order_id null."""
    goods = [line for line in like["lines"] if is_goods(line)] or [{"sku": SKUS[0], "quantity": 2, "amount": 150}]
    lines = [_part(rng, line) for line in goods]
    refund = _refund(rng, refund_id, None, like.get("member_id"), refunded, lines, 0)
    refund |= {name: like[name] for name in ("channel", "store_id", "currency")}
    return _with_key(rng, refund, refunded)


def _part(rng: random.Random, line: Document) -> Document:
    amount = rng.randint(0, line["amount"])
    if isinstance(line["quantity"], float):
        # Part of what was weighed is weighed, too.
        grams = rng.randint(1, max(1, round(line["quantity"] * 1000)))
        return {"sku": line["sku"], "quantity": grams / 1000, "amount": amount}
    return {"sku": line["sku"], "quantity": rng.randint(0, line["quantity"]), "amount": amount}


def _adjusted(line: Document) -> Document:
    """A lower price after all, which gives nothing back; weighed goods are given back in part instead."""
    quantity = line["quantity"] / 2 if isinstance(line["quantity"], float) else 0
    return line | {"quantity": round(quantity, 3), "amount": line["amount"] // 3}


def _refund(
    rng: random.Random,
    refund_id: str,
    order_id: str | None,
    member_id: str | None,
    refunded: datetime,
    lines: list[Document],
    fees: int,
) -> Document:
    return {
        "type": "refund",
        "refund_id": refund_id,
        "order_id": order_id,
        "member_id": member_id,
        "refunded_at": time_text(rng, refunded),
        "lines": lines,
        "fees": fees,
        "total": fees + sum(line["amount"] for line in lines),
    }


def _with_key(rng: random.Random, refund: Document, refunded: datetime) -> Document:
    if refund["channel"] == "pos" and rng.random() < 0.6:
        business_date = refunded.astimezone(UTC).date().isoformat()
        # The same number as an order's: purchases and refunds have keys of their own.
        receipt_no = refund["refund_id"].rpartition("-")[2].lstrip("0")
        refund |= {"terminal_id": f"t-{rng.randint(1, 3)}", "receipt_no": receipt_no, "business_date": business_date}
    return refund
