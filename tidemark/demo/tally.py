"""What the demo has seen so far, counted: gifts by kind, their value, what members claimed, the members at each level."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from tidemark.demo.words import Words, money


class Tally:
    """Counts of the grants, claims and level changes that were shown. The sets grow with members, which the sample bounds."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.grants = 0
        self.coupons = 0
        self.points = 0
        self.value: Counter[str] = Counter()
        """Of coupons, in minor units by currency."""
        self.members: set[str] = set()
        self.to_claim: Counter[str] = Counter()
        """By activity: gifts that were released for their members to claim, those claimed since too."""
        self.claimed: Counter[str] = Counter()
        self.released_later: Counter[str] = Counter()
        """By activity: gifts that were not released with their grant, but since; of all those there are `dated`."""
        self.dated: Counter[str] = Counter()
        self.last: dict[str, str] = {}
        """By activity: when it granted last."""
        self.runs: defaultdict[str, set[str]] = defaultdict(set)
        """By bulk: when it ran, and granted."""
        self.upgrades = 0
        self.downgrades = 0
        self.kept: Counter[tuple[str, str]] = Counter()
        """By program, and how: how often a level got another end."""
        self.ended: Counter[str] = Counter()
        """By program: downgrades at the end of a term."""
        self.why: Counter[str] = Counter()
        """Upgrades and downgrades by what brought them about."""
        self.holders: Counter[tuple[str, str]] = Counter()
        """Members by program and level."""

    def add_grant(self, grant: Mapping[str, Any]) -> None:
        self.grants += 1
        self.members.add(grant["member_id"])
        # None: of a level with points of its own.
        code = grant["activity"] or ""
        self.last[code] = max(self.last.get(code, ""), grant["occurred_at"])
        if code in self.words.bulks:
            self.runs[code].add(grant["occurred_at"])
        for gift in grant["gifts"]:
            self.dated[code] += gift.get("release", "instant") != "instant"
            if gift["kind"] == "points":
                self.points += gift["points"]
            else:
                coupon, quantity = self.words.coupons[gift["coupon"]], gift.get("quantity", 1)
                self.coupons += quantity
                self.value[coupon["currency"]] += coupon["value"] * quantity

    def add_release(self, release: Mapping[str, Any]) -> None:
        code = release["activity"]
        if release["event"] == "claimed":
            self.claimed[code] += 1
        else:
            self.released_later[code] += release["given"].get("release", "instant") != "instant"
            self.to_claim[code] += release["claimed_at"] is None

    def add_change(self, change: Mapping[str, Any]) -> None:
        rise = self.words.rise(change)
        self.upgrades += rise > 0
        self.downgrades += rise < 0
        if rise:
            self.why[change["why"]] += 1
            self.ended[change["program"]] += rise < 0 and change["why"] == "ended"
        else:
            self.kept[change["program"], self.words.kept(change)] += 1
        for code, step in ((change["before"], -1), (change["after"], 1)):
            if code is not None:
                self.holders[change["program"], code] += step

    def value_given(self) -> str:
        """The value of all coupons, a currency beside another: £1,234.50."""
        return " + ".join(money(amount, currency) for currency, amount in self.value.items()) or "none"
