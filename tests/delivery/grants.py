"""Grants as they stand on `gifts`, and what the wallets must hold after them: a sum over distinct ids, by itself."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

from sinks.wallet.wallet import Balance

Grant = dict[str, Any]


def grant(member_id: str, ordinal: int, gifts: list[dict[str, Any]], activity: str = "spring") -> Grant:
    """One, as the aggregation puts it out."""
    return {
        "grant_id": f"{activity}/{member_id}/{ordinal}",
        "activity": activity,
        "member_id": member_id,
        "ordinal": ordinal,
        "order_id": f"o-{member_id}-{ordinal}",
        "occurred_at": "2026-01-02T03:04:05+00:00",
        "gifts": gifts,
    }


def some_grants(seed: int, count: int, members: int) -> list[Grant]:
    """Distinct grants in a random order, one in five of them twice or more."""
    random_ = random.Random(seed)
    grants = []
    for number in range(count):
        gifts: list[dict[str, Any]] = [{"kind": "points", "points": random_.randint(1, 900), "release": "instant"}]
        gifts += [
            {"kind": "coupon", "coupon": code, "quantity": random_.randint(1, 3), "release": "instant", "claim": "automatic"}
            for code in random_.sample(["coffee", "cake", "mug"], random_.randint(0, 3))
        ]
        grants.append(grant(f"m{number % members}", number // members + 1, gifts))
    repeated = grants + [random_.choice(grants) for _ in range(count // 5)]
    random_.shuffle(repeated)
    return repeated


def expected(grants: Iterable[Grant]) -> dict[str, Balance]:
    """The wallet of each member."""
    points: Counter[str] = Counter()
    coupons: dict[str, Counter[str]] = {}
    for each in {each["grant_id"]: each for each in grants}.values():
        member_id = each["member_id"]
        held = coupons.setdefault(member_id, Counter())
        for gift in each["gifts"]:
            if gift["kind"] == "points":
                points[member_id] += gift["points"]
            else:
                held[gift["coupon"]] += gift.get("quantity", 1)
    return {member_id: Balance(points[member_id], dict(held)) for member_id, held in coupons.items()}


def encoded(each: Grant) -> bytes:
    """The record's value."""
    return json.dumps(each).encode()
