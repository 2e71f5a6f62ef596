"""The same document again: equal, equal under a new id, or with other content (spec 1.4)."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from .purchases import settle, time_text

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
    lines = [dict(line) for line in document["lines"]]
    lines[-1]["amount"] += 1
    if rng.random() < 0.3:
        lines.reverse()
    again["lines"] = lines
    if document["type"] == "purchase":
        settle(rng, again)
    else:
        again["total"] += 1
    return again


def has_key(document: Document) -> bool:
    return "receipt_no" in document
