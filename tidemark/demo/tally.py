"""What the demo has seen so far, counted: gifts by kind and activity, their value, the members at each level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tidemark.demo.words import Words, money


class Tally:
    """Counts of the grants and level changes that were shown. The sets grow with members, which the sample bounds."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.grants = 0
        self.coupons = 0
        self.points = 0
        self.value: Counter[str] = Counter()
        """Of coupons, in minor units by currency."""
        self.by_activity: Counter[str] = Counter()
        self.members: set[str] = set()
        self.upgrades = 0
        self.downgrades = 0
        self.holders: Counter[tuple[str, str]] = Counter()
        """Members by program and level."""

    def add_grant(self, grant: Mapping[str, Any]) -> None:
        self.grants += 1
        self.by_activity[grant["activity"]] += 1
        self.members.add(grant["member_id"])
        for gift in grant["gifts"]:
            if gift["kind"] == "points":
                self.points += gift["points"]
            else:
                coupon, quantity = self.words.coupons[gift["coupon"]], gift.get("quantity", 1)
                self.coupons += quantity
                self.value[coupon["currency"]] += coupon["value"] * quantity

    def add_change(self, change: Mapping[str, Any]) -> None:
        if self.words.is_upgrade(change):
            self.upgrades += 1
        else:
            self.downgrades += 1
        for code, step in ((change["before"], -1), (change["after"], 1)):
            if code is not None:
                self.holders[change["program"], code] += step

    def value_given(self) -> str:
        """The value of all coupons, a currency beside another: £1,234.50."""
        return " + ".join(money(amount, currency) for currency, amount in self.value.items()) or "none"
