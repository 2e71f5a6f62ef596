"""One valid purchase with any mix of what spec 1.1 allows, and times written in any of their ways."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from .baskets import basket
from .world import COUPONS, METHODS, ONLINE_STORES, POS_STORES, PROMOTIONS, SERVICE_TYPES, STRAY_STORE

Document = dict[str, Any]


def time_text(rng: random.Random, moment: datetime) -> str:
    """The same instant in UTC, as Z, or at another offset."""
    offset = rng.choice([0, 0, 0, 60, 480, -300, 330])
    text = moment.astimezone(timezone(timedelta(minutes=offset))).isoformat()
    return text.replace("+00:00", "Z") if rng.random() < 0.3 else text


def purchase(rng: random.Random, number: int, member_id: str | None, placed: datetime) -> Document:
    channel = "pos" if rng.random() < 0.6 else "online"
    stores = POS_STORES if channel == "pos" else ONLINE_STORES
    document: Document = {
        "type": "purchase",
        "order_id": str(500_000 + number) if rng.random() < 0.1 else f"o-{number:06d}",
        "channel": channel,
        "store_id": STRAY_STORE if rng.random() < 0.03 else rng.choice(stores),
        "placed_at": time_text(rng, placed),
        "currency": rng.choices(["GBP", "EUR", "USD", "BGN"], [80, 17, 2, 1])[0],
        "lines": basket(rng),
    }
    if member_id is not None or rng.random() < 0.5:  # absent and null are both anonymous
        document["member_id"] = member_id
    if rng.random() < 0.7:
        document["service_type"] = rng.choice(SERVICE_TYPES)
    if rng.random() < 0.15:
        document["fees"] = rng.choice([0, 150, 499])
    if rng.random() < 0.1:
        document["tax"] = rng.choice([0, 20, 333])
    if rng.random() < 0.05:
        document["rounding"] = rng.choice([-2, -1, 0, 2])
    settle(rng, document)
    if rng.random() < 0.12:
        document["coupons"] = rng.sample(COUPONS, rng.randint(0, 2))
    if rng.random() < 0.12:
        document["promotions"] = rng.sample(PROMOTIONS, rng.randint(0, 2))
    for flag in ("member_price", "member_discount"):
        if rng.random() < 0.1:
            document[flag] = rng.random() < 0.6
    if channel == "pos" and rng.random() < 0.7:
        business_date = placed.astimezone(UTC).date().isoformat()
        document |= {"terminal_id": f"t-{rng.randint(1, 3)}", "receipt_no": str(number), "business_date": business_date}
    if rng.random() < 0.05:
        document["cashier"] = {"id": number, "note": "unknown fields are left alone"}
    return document


def settle(rng: random.Random, document: Document) -> None:
    """Sets total, and mostly payments, to what lines, fees, tax and rounding make."""
    extras = sum(document.get(name, 0) for name in ("fees", "tax", "rounding"))
    total = document["total"] = extras + sum(line["amount"] for line in document["lines"])
    document.pop("payments", None)
    chance = rng.random()
    if chance < 0.15:
        return
    if total <= 0:
        document["payments"] = [{"method": "cash", "amount": total}]
        return
    first = total if chance < 0.7 else rng.randint(0, total)
    weights = [40, 15, 15, 10, 10, 8, 2]
    methods = rng.choices(METHODS, weights, k=2)
    document["payments"] = [{"method": methods[0], "amount": first}]
    if first < total or rng.random() < 0.05:
        document["payments"].append({"method": methods[1], "amount": total - first})
