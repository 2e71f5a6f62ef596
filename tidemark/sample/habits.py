"""What tills send beside a plain sale (spec 1.1), put into some of the sample's receipts, as its source has none of it.

One receipt in forty of those with a member takes a habit, the kinds in turn, where it fits: the same receipts each time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

Receipt = dict[str, Any]

EXCHANGE, BY_WEIGHT, TIP, CASH = "exchanges", "goods by weight", "tips", "cash with change"
_ONE_IN, _AT = 40, 1
_TIP = 100
_WEIGHT = "0.350"
_SMALLEST_COIN, _NOTE = 5, 2_000


def take_on(receipt: Receipt, taken: Counter[str]) -> None:
    """Changes a purchase in place where it takes a habit, and counts it by its name."""
    number, over = divmod(int(receipt["order_id"]), _ONE_IN)
    if over == _AT and receipt["member_id"] is not None:
        name, habit = _HABITS[number % len(_HABITS)]
        if habit(receipt):
            taken[name] += 1


def _exchange(receipt: Receipt) -> bool:
    """One piece of the first line is given back in the same sale, of an earlier one: a line of a quantity below 0."""
    first, *others = receipt["lines"]
    unit = first["amount"] // first["quantity"]
    if not (unit and others):
        return False
    receipt["lines"].append({"sku": first["sku"], "quantity": -1, "amount": -unit})
    receipt["total"] -= unit
    return True


def _by_weight(receipt: Receipt) -> bool:
    """What was one piece was weighed: it stays one piece."""
    for line in receipt["lines"]:
        if line["quantity"] == 1:
            line["quantity"] = _WEIGHT
            return True
    return False


def _tip(receipt: Receipt) -> bool:
    """A tip on the card: it is among the fees, which count towards nothing."""
    receipt["fees"] += _TIP
    receipt["total"] += _TIP
    receipt["payments"] = [{"method": "card", "amount": receipt["total"]}]
    return True


def _cash(receipt: Receipt) -> bool:
    """Paid in notes: the total is rounded to the smallest coin, and the rest given as change."""
    rounding = -(receipt["total"] % _SMALLEST_COIN)
    total = receipt["total"] + rounding
    paid = -(-total // _NOTE) * _NOTE
    receipt.update(rounding=rounding, total=total, payments=[{"method": "cash", "amount": paid}], change=paid - total)
    return True


_HABITS: tuple[tuple[str, Callable[[Receipt], bool]], ...] = (
    (EXCHANGE, _exchange),
    (BY_WEIGHT, _by_weight),
    (TIP, _tip),
    (CASH, _cash),
)
