"""Lines of orders and refunds: sold, given back in the same sale, or a discount of the basket (spec 1.1)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from .options import Options
from .values import identifier, invalid, number, objects, whole

Document = dict[str, Any]
Lines = list[Document]
WEIGHT = re.compile(r"-?\d+(\.\d{1,3})?", re.ASCII)


def lines_of(raw: Document, options: Options) -> Lines:
    """Each {sku, quantity: in thousandths, amount}. Raises Refused."""
    entries = objects(raw, "lines")
    if not 1 <= len(entries) <= options.lines_max:
        raise invalid(f"{len(entries)} lines")
    return [_line(entry) for entry in entries]


def _line(entry: Document) -> Document:
    amount = whole(entry, "amount", None)
    if amount is None:
        raise invalid("a line without an amount")
    return {"sku": identifier(entry, "sku"), "quantity": _thousandths(entry.get("quantity")), "amount": amount}


def _thousandths(value: Any) -> int:
    if isinstance(value, str) and WEIGHT.fullmatch(value):
        value = Decimal(value)
    exact = number(value)
    if exact is None or exact.adjusted() > 20 or exact * 1000 != (exact * 1000).to_integral_value():
        raise invalid("a quantity of more than three decimals, or none")
    return int(exact * 1000)


def is_weighed(line: Document) -> bool:
    return bool(line["quantity"] % 1000)


def pieces(line: Document) -> int:
    """Of amount 0: none (spec 2.2); weighed: one."""
    if line["amount"] == 0:
        return 0
    return 1 if is_weighed(line) else int(line["quantity"] // 1000)


def amount_of(lines: Lines) -> int:
    return sum(line["amount"] for line in lines)


def sold(lines: Lines) -> Lines:
    """What was sold, less the discounts of the basket."""
    goods = [line for line in lines if line["quantity"] >= 0 and line["amount"] >= 0]
    discount = -sum(line["amount"] for line in lines if line["quantity"] >= 0 and line["amount"] < 0)
    worth = amount_of(goods)
    discount = min(discount, worth)
    if discount == 0:
        return goods
    shares = [line["amount"] * discount // worth for line in goods]
    over = discount - sum(shares)
    net = []
    for line, share in zip(goods, shares, strict=True):
        if over and share < line["amount"]:
            share, over = share + 1, over - 1
        net.append(line | {"amount": line["amount"] - share})
    assert over == 0
    return net


def given_back(lines: Lines) -> Lines:
    """Goods that came back in the same sale, as a refund has them."""
    return [line | {"quantity": -line["quantity"], "amount": -line["amount"]} for line in lines if line["quantity"] < 0]
