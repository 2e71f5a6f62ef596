"""One document in other words: equal in all that counts, written as another till or another library would (spec 1.1, 1.3)."""

from __future__ import annotations

import json
import random
import re
from typing import Any

from .shapes import in_envelope, web_order
from .world import OTHER_METHODS, OTHER_SERVICES

Document = dict[str, Any]

TIMES = ("placed_at", "refunded_at", "received_at", "registered_at")
IDS = ("order_id", "refund_id", "member_id", "store_id", "terminal_id", "receipt_no")
LEFT_OUT = (
    "service_type", "fees", "tax", "rounding", "total", "payments", "change", "coupons", "promotions", "member_price",
    "member_discount", "imported", "terminal_id", "receipt_no", "business_date", "received_at", "phone", "registered_at", "programs",
)  # fmt: skip
CHANNELS = {"pos": ["kiosk", "pos"], "online": ["app", "web", "online"]}
OF_MONEY = ("card", "cash", "other")
IS_DIGITS = re.compile(r"[1-9]\d*")
OFFSET = re.compile(r"(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def spelled(rng: random.Random, document: Document) -> bytes:
    """The same order, refund or member in other words."""
    document = dict(document)
    for change in (_times, _words, _extras, _payments, _total, _quantities, _nulls):
        if rng.random() < 0.4:
            change(rng, document)
    if document["type"] != "member" and rng.random() < 0.3:
        document = web_order(document) or document
    return rewritten(rng, document)


def rewritten(rng: random.Random, document: Document) -> bytes:
    """The same values, of whatever shape, as another library would write them."""
    written = _written(rng, _ids(rng, document) if rng.random() < 0.4 else document)
    return in_envelope(rng, written) if rng.random() < 0.15 else written


def plain(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def _times(rng: random.Random, document: Document) -> None:
    """Finer than a microsecond: cut off."""
    for name in TIMES:
        found = OFFSET.search(document.get(name, ""))
        if found:
            fraction = (found[1] or ".").ljust(7, "0") + rng.choice(["9", "1234", "999999999"])
            document[name] = document[name][: found.start()] + fraction + found[2]


def _words(rng: random.Random, document: Document) -> None:
    if "channel" in document:
        document["channel"] = rng.choice(CHANNELS[document["channel"]])
    if document["type"] == "purchase" and document.get("service_type") is None:
        document["service_type"] = rng.choice(OTHER_SERVICES)


def _extras(rng: random.Random, document: Document) -> None:
    """What counts for nothing: a tip that came later, another till's tax."""
    if document["type"] == "member":
        return
    names = ["fees", "tax", "rounding"] if document["type"] == "purchase" else ["fees", "tax"]
    name, more = rng.choice(names), rng.choice([1, 250])
    document[name] = document.get(name, 0) + more
    document["total"] += more
    document["change"] = rng.choice([0, 44])


def _payments(rng: random.Random, document: Document) -> None:
    """Tenders need not add up, and what was paid by card may be a card that nobody knows; what gift cards paid stays."""
    payments = []
    for paid in document.get("payments", []):
        if paid["method"] not in OF_MONEY:
            part = rng.randint(0, paid["amount"])
            payments += [paid | {"amount": part}, paid | {"amount": paid["amount"] - part}]
        elif rng.random() < 0.7:
            payments.append(
                {"method": rng.choice([*OF_MONEY, *OTHER_METHODS]), "amount": paid["amount"] + rng.choice([0, 1_000, -7])}
            )
    if "payments" in document:
        rng.shuffle(payments)
        document["payments"] = payments


def _total(rng: random.Random, document: Document) -> None:
    document.pop("total", None)


def _quantities(rng: random.Random, document: Document) -> None:
    if "lines" in document:
        document["lines"] = [line | {"quantity": _as_text(rng, line["quantity"])} for line in document["lines"]]


def _as_text(rng: random.Random, quantity: float) -> str | float:
    if rng.random() < 0.5:
        return quantity
    return f"{quantity:.3f}" if isinstance(quantity, float) or rng.random() < 0.5 else str(quantity)


def _nulls(rng: random.Random, document: Document) -> None:
    for name in LEFT_OUT:
        if name not in document and rng.random() < 0.3:
            document[name] = None


def _ids(rng: random.Random, document: Any, name: str = "") -> Any:
    """Ids of digits alone as numbers, wherever they stand, and dates as 20260301."""
    if isinstance(document, dict):
        return {name: _ids(rng, value, name) for name, value in document.items()}
    if name == "business_date" and isinstance(document, str):
        return rng.choice([int, str])(document.replace("-", ""))
    if isinstance(document, list):
        return [_ids(rng, each) for each in document]
    if name in (*IDS, "number", "shop") and isinstance(document, str) and IS_DIGITS.fullmatch(document):
        return int(document)
    return document


def _written(rng: random.Random, document: Document) -> bytes:
    """With the fields in any order, some text in escapes, and whole numbers as 6, 6.0 or 6e0."""
    numbers = rng.random() < 0.4
    names = list(document)
    rng.shuffle(names)
    text = _json(rng, {name: document[name] for name in names}, numbers, rng.choice([", ", ",", " ,\t"]), rng.random() < 0.5)
    return text.encode()


def _json(rng: random.Random, value: Any, numbers: bool, comma: str, ascii_only: bool) -> str:
    if isinstance(value, dict):
        inner = (f"{json.dumps(name)}: {_json(rng, each, numbers, comma, ascii_only)}" for name, each in value.items())
        return "{" + comma.join(inner) + "}"
    if isinstance(value, list):
        return "[" + comma.join(_json(rng, each, numbers, comma, ascii_only) for each in value) + "]"
    if isinstance(value, int) and not isinstance(value, bool) and value and numbers:
        return rng.choice([str(value), f"{value}.0", f"{value}e0", f"{value}0e-1", f"{value}.000E+00"])
    return json.dumps(value, ensure_ascii=ascii_only)
