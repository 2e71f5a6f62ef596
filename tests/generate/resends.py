"""The same document again: equal, equal under a new id, or with other content (spec 1.4)."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from .baskets import is_goods
from .purchases import settle, time_text
from .world import ASSETS

Document = dict[str, Any]
OWN_ID = {"purchase": "order_id", "refund": "refund_id"}
OWN_TIME = {"purchase": "placed_at", "refund": "refunded_at"}


def equal(rng: random.Random, document: Document) -> Document:
    """The same values, written another way: fields in another order, defaults spelled out, another offset."""
    names = list(document)
    rng.shuffle(names)
    again = {name: document[name] for name in names}
    kind = document["type"]
    if rng.random() < 0.5:
        again[OWN_TIME[kind]] = time_text(rng, datetime.fromisoformat(document[OWN_TIME[kind]]))
    if rng.random() < 0.3:
        again["attempt"] = 2
    again.setdefault("fees", 0)
    if kind == "purchase" and rng.random() < 0.5:
        defaults = {"coupons": [], "promotions": [], "member_price": False, "member_discount": False, "imported": False}
        again = defaults | again
    return again


def equal_under_new_id(rng: random.Random, document: Document) -> Document:
    return equal(rng, document) | {OWN_ID[document["type"]]: document[OWN_ID[document["type"]]] + "-retry"}


def other_content(rng: random.Random, document: Document) -> Document:
    """One value changed, the document still good in itself."""
    again = equal(rng, document)
    changes = [_amount, _amount, _time, _store] + ([_coupon, _flag, _gift_card] if document["type"] == "purchase" else [])
    rng.choice(changes)(rng, again)
    return again


def _amount(rng: random.Random, again: Document) -> None:
    lines = [dict(line) for line in again["lines"]]
    place = next((place for place, line in enumerate(lines) if is_goods(line)), None)
    if place is None:
        lines.append({"sku": "one-more", "quantity": 1, "amount": 1})
    else:
        lines[place]["amount"] += 1
    again["lines"] = lines
    if again["type"] == "purchase":
        settle(rng, again)
    else:
        again["total"] += 1


def _time(rng: random.Random, again: Document) -> None:
    name = OWN_TIME[again["type"]]
    moment = datetime.fromisoformat(again[name])
    # By what the time is written to: clocks go by milliseconds, and another one is none of their boundaries.
    shift = rng.choice([1, 1_000, 1_000_000] if moment.microsecond % 1_000 else [1_000, 1_000_000])
    again[name] = time_text(rng, moment - timedelta(microseconds=shift))


def _store(rng: random.Random, again: Document) -> None:
    """Under the same business key it would be another receipt."""
    again["store_id"] = "web-de" if again["store_id"] != "web-de" else "web-gb"


def _coupon(rng: random.Random, again: Document) -> None:
    again["coupons"] = [*again.get("coupons", []), "one-more"]


def _flag(rng: random.Random, again: Document) -> None:
    again["member_price"] = not again.get("member_price", False)


def _gift_card(rng: random.Random, again: Document) -> None:
    """A unit more, or one at all, was paid with one; where that is more than the total, an amount changes instead."""
    others = sum(paid["amount"] for paid in again.get("payments", []) if paid["method"] in ASSETS)
    if others >= again["total"]:
        _amount(rng, again)
        return
    again["payments"] = [*again.get("payments", []), {"method": "gift_card", "amount": 1}]


def has_key(document: Document) -> bool:
    return "receipt_no" in document
