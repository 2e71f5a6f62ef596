"""How the demo says things: names from the definitions rather than codes, money with its sign, times to the minute."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from rules.currencies import MINOR_UNITS
from tidemark.terminal import shown

SIGNS = {"GBP": "£", "EUR": "€", "USD": "$"}
# By the place on the ladder, lowest first; a longer ladder starts again.
LEVEL_STYLES = ("dark_orange3", "grey70", "gold1", "bright_cyan", "medium_purple1")
NO_LEVEL = "no level"
# Of changes of level: those that an order brings about need no word.
WHY = {"payment": "paid", "ended": "ended", "refund": "refund", "late": "late", "rule": "new rules", "left": "left"}
# Of levels that are kept, and end at another time.
KEPT = {"order": "lock-in", "ended": "renewed", "payment": "paid on", "refund": "reduced"}


def money(amount: int, currency: str) -> str:
    """An amount in minor units of a currency in use: 123450 GBP is £1,234.50, 123450 JPY is 123,450 JPY."""
    figure = f"{Decimal(amount).scaleb(-MINOR_UNITS[currency]):,f}"
    return SIGNS[currency] + figure if currency in SIGNS else f"{figure} {currency}"


def whole(amount: int, currency: str) -> str:
    """The same without what is after the point: £1,234."""
    return re.sub(r"\.\d+", "", money(amount, currency))


def moment(occurred_at: str) -> str:
    """An ISO 8601 time as the store's clock had it: 1 Dec 2009 07:45."""
    at = datetime.fromisoformat(occurred_at)
    return f"{at.day} {at:%b %Y %H:%M}"


def day(occurred_at: str) -> str:
    """The same within a year: 1 Dec 07:45."""
    at = datetime.fromisoformat(occurred_at)
    return f"{at.day} {at:%b %H:%M}"


def date(iso_day: str) -> str:
    """Of a day such as 2010-03-01, or of a time: 1 Mar."""
    at = datetime.fromisoformat(iso_day)
    return f"{at.day} {at:%b}"


def month(occurred_at: str) -> str:
    """December 2009."""
    return f"{datetime.fromisoformat(occurred_at):%B %Y}"


class Words:
    """What definitions (documents as in spec 1.8, 2.1, 3.1) call the things that grants and level changes name by code; safe to show."""

    def __init__(self, definitions: Iterable[Mapping[str, Any]]) -> None:
        self.activities: dict[str, str] = {}
        self.definitions: dict[str, Mapping[str, Any]] = {}
        """Of activities, by code."""
        self.bulks: set[str] = set()
        self.programs: dict[str, str] = {}
        self.validity: dict[str, str] = {}
        """Of those with terms, how long these are: 60 days."""
        self._currencies: dict[str, str] = {}
        self.coupons: dict[str, Mapping[str, Any]] = {}
        self.levels: dict[tuple[str, str], str] = {}
        """By program and level, lowest first within a program."""
        self.styles: dict[tuple[str, str], str] = {}
        for definition in definitions:
            if definition["kind"] == "activity":
                self.activities[definition["code"]] = shown(definition["name"])
                self.definitions[definition["code"]] = definition
                if definition["type"] == "bulk":
                    self.bulks.add(definition["code"])
            elif definition["kind"] == "coupon":
                self.coupons[definition["code"]] = {**definition, "name": shown(definition["name"])}
            elif definition["kind"] == "program":
                self.programs[definition["code"]] = shown(definition["name"])
                self._currencies[definition["code"]] = definition["currency"]
                if "validity" in definition:
                    self.validity[definition["code"]] = " ".join(
                        f"{count} {unit}" for unit, count in definition["validity"].items()
                    )
                for place, level in enumerate(definition.get("levels", ())):
                    key = definition["code"], level["code"]
                    self.levels[key] = shown(level["name"])
                    self.styles[key] = LEVEL_STYLES[place % len(LEVEL_STYLES)]

    def level(self, program: str, code: str | None) -> str:
        return NO_LEVEL if code is None else self.levels[program, code]

    def ladder(self, program: str) -> Iterator[tuple[str, str]]:
        """Its levels, as keys of `levels`, the highest first."""
        return (key for key in reversed(self.levels) if key[0] == program)

    def rise(self, change: Mapping[str, Any]) -> int:
        """How far up the ladder a change of level leads; below 0: down; 0: the level is kept longer, or its term has begun anew."""
        ladder = [code for program, code in self.levels if program == change["program"]]
        before, after = (-1 if code is None else ladder.index(code) for code in (change["before"], change["after"]))
        return after - before

    def kept(self, change: Mapping[str, Any]) -> str:
        """How a level is kept that ends at another time."""
        why = change["why"]
        return "earned too" if (why, change["by"]) == ("order", "both") else KEPT.get(why, why)

    def currency(self, activity: Mapping[str, Any]) -> str:
        """Of an activity (a document): its own, or its first program's."""
        return str(activity.get("currency") or self._currencies[activity["programs"][0]])

    def reason(self, grant: Mapping[str, Any]) -> str:
        """What gave a grant: an activity, or a level with points of its own."""
        if grant["activity"] is None:
            return self.level(*grant["level"].split("/"))
        return self.activities[grant["activity"]]

    def gift(self, gift: Mapping[str, Any], times: int = 1) -> str:
        """A gift given so many times: Free coffee (£3.20), 3 × Tea for two (£25.50), 500 points."""
        if gift["kind"] == "points":
            return f"{gift['points'] * times:,} points"
        coupon, quantity = self.coupons[gift["coupon"]], gift.get("quantity", 1) * times
        name = coupon["name"] if quantity == 1 else f"{quantity:,} × {coupon['name']}"
        return f"{name} ({money(coupon['value'] * quantity, coupon['currency'])})"
