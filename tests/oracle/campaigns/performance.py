"""Performance data (spec 2.7)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from .gifts import Grant

Document = dict[str, Any]


class Performance:
    def __init__(self) -> None:
        self.orders: Counter[str] = Counter()
        self.amount: Counter[str] = Counter()
        self.refunded: Counter[str] = Counter()
        self.members: Counter[str] = Counter()
        self.known: dict[str, set[str]] = defaultdict(set)  # by member, the activities that he is counted in
        self.refused: Counter[tuple[str, str]] = Counter()

    def order(self, activity: str, member_id: str | None, amount: int) -> None:
        """`member_id`: of one who counts by it."""
        self.orders[activity] += 1
        self.amount[activity] += amount
        if member_id is not None:
            self.member(activity, member_id)

    def member(self, activity: str, member_id: str) -> None:
        """Counts one who is not counted yet."""
        if activity not in self.known[member_id]:
            self.known[member_id].add(activity)
            self.members[activity] += 1

    def row(self, activity: str, grants: list[Grant], coupon: Callable[[str, int], Document]) -> Document:
        """As `--performance` has it. `grants`: those made in the activity; `coupon`: by its code, as it was at a time."""
        made = [grant for grant in grants if grant.test is None]
        given = [gift for grant in made for gift in grant.gifts if gift.released is not None]
        coupons: Counter[str] = Counter()
        value: Counter[str] = Counter()
        for gift in given:
            if gift.is_coupon:
                code = gift.document["coupon"]
                coupons[code] += gift.quantity
                assert gift.released is not None
                then = coupon(code, gift.released)
                value[then["currency"]] += then["value"] * gift.quantity
        return {
            "activity": activity,
            "orders": self.orders[activity],
            "amount": self.amount[activity],
            "refunded": self.refunded[activity],
            "members": self.members[activity],
            "grants": len(made),
            "refused": {limit: self.refused[(activity, limit)] for limit in ("per_member", "total", "budget")},
            "points": sum(int(gift.document["points"]) for gift in given if not gift.is_coupon),
            "coupons": dict(coupons),
            "value": dict(value),
        }
