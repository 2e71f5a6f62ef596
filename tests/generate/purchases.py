"""One valid purchase with any mix of what spec 1.1 allows, and times written in any of their ways."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from .world import COUPONS, METHODS, ONLINE_STORES, POS_STORES, PROMOTIONS, SERVICE_TYPES, SKUS, STRAY_STORE

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
        "order_id": f"o-{number:06d}",
        "channel": channel,
        "store_id": STRAY_STORE if rng.random() < 0.03 else rng.choice(stores),
        "placed_at": time_text(rng, placed),
        "currency": rng.choices(["GBP", "EUR", "USD"], [80, 17, 3])[0],
        "lines": [_line(rng) for _ in range(rng.randint(1, 4))],
    }
    if member_id is not None or rng.random() < 0.5:  # absent and null are both anonymous
        document["member_id"] = member_id
    if rng.random() < 0.7:
        document["service_type"] = rng.choice(SERVICE_TYPES)
    if rng.random() < 0.15:
        document["fees"] = rng.choice([0, 150, 499])
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


def _line(rng: random.Random) -> Document:
    quantity = rng.choices([1, 2, 3, 6, 12], [50, 25, 12, 8, 5])[0]
    price = 0 if rng.random() < 0.07 else rng.randrange(50, 1500)
    # Few goods are bought most, so that one order often has two lines of one sku.
    sku = SKUS[min(int(rng.expovariate(0.1)), len(SKUS) - 1)]
    return {"sku": sku, "quantity": quantity, "amount": quantity * price}


def settle(rng: random.Random, document: Document) -> None:
    """Sets total, and mostly payments, to what lines and fees make."""
    document["total"] = document.get("fees", 0) + sum(line["amount"] for line in document["lines"])
    document.pop("payments", None)
    chance = rng.random()
    if chance < 0.15:
        return
    first = document["total"] if chance < 0.7 else rng.randint(0, document["total"])
    weights = [40, 15, 15, 10, 10, 8, 2]
    methods = rng.choices(METHODS, weights, k=2)
    document["payments"] = [{"method": methods[0], "amount": first}]
    if first < document["total"] or rng.random() < 0.05:
        document["payments"].append({"method": methods[1], "amount": document["total"] - first})
