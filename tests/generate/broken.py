"""Lines that must end in the dead letters, each wrong in one way (spec 1.6)."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

Document = dict[str, Any]
OWN_TIME = {"purchase": "placed_at", "refund": "refunded_at"}


def broken(rng: random.Random, document: Document) -> bytes:
    """`document` is a valid purchase or refund with an id of its own; one in four is not even JSON."""
    if rng.random() < 0.25:
        return rng.choice(UNDECODABLE)(json.dumps(document).encode())
    wrong = json.loads(json.dumps(document))
    rng.choice(PURCHASE_MISTAKES if wrong["type"] == "purchase" else REFUND_MISTAKES)(rng, wrong)
    return json.dumps(wrong).encode()


def too_large(document: Document) -> bytes:
    return json.dumps(document | {"note": "x" * 1024 * 1024}).encode()


def too_many_lines(document: Document) -> bytes:
    lines = [{"sku": "sku-01", "quantity": 1, "amount": 10}] * 5001
    return json.dumps(_without_payments(document) | {"lines": lines, "fees": 0, "total": 50_010}).encode()


UNDECODABLE: list[Callable[[bytes], bytes]] = [
    lambda raw: raw[: len(raw) // 2],
    lambda raw: raw + b"}",
    lambda raw: raw.replace(b'"', b"'"),
    lambda raw: raw[:-1] + b',"note":"\xff\xfe"}',
    lambda raw: b"[" + raw + b"]",
    lambda raw: raw[:-1] + b',"weight":NaN}',
    lambda raw: b'{"lines":' * 3000,
    lambda raw: b'"' + raw[:20].replace(b'"', b"") + b'"',
    lambda raw: b"null",
    lambda raw: b"not an order at all",
]


def _without_payments(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "payments"}


def _drop(*names: str) -> Callable[[random.Random, Document], None]:
    return lambda rng, document: document.pop(rng.choice(names))


def _put(name: str, *values: Any) -> Callable[[random.Random, Document], None]:
    return lambda rng, document: document.update({name: rng.choice(values)})


def _put_in_line(name: str, *values: Any) -> Callable[[random.Random, Document], None]:
    return lambda rng, document: rng.choice(document["lines"]).update({name: rng.choice(values)})


def _sum_is_off(rng: random.Random, document: Document) -> None:
    document["total"] += rng.choice([-1, 1, 100])
    document.pop("payments", None)


def _payment_is_wrong(rng: random.Random, document: Document) -> None:
    total = document["total"]
    document["payments"] = rng.choice(
        [
            [{"method": "gift_card", "amount": total + 5}, {"method": "gift_card", "amount": -5}],
            [{"method": "points", "amount": 1}, {"method": "prepaid_balance", "amount": total}],
            [{"method": "group_voucher", "amount": total + 1}],
            [{"method": "points", "amount": 0.5}],
            {"method": "card", "amount": total},
        ]
    )


def _time_is_wrong(rng: random.Random, document: Document) -> None:
    name = OWN_TIME[document["type"]]
    moment = datetime.fromisoformat(document[name])
    document[name] = rng.choice(
        [moment.replace(tzinfo=None).isoformat(), moment.date().isoformat(), "yesterday", 1700000000, None, ""]
    )


def _from_the_future(rng: random.Random, document: Document) -> None:
    moment = datetime.fromisoformat(document[OWN_TIME[document["type"]]])
    ahead = rng.choice([timedelta(days=1, milliseconds=1), timedelta(days=3), timedelta(days=900)])
    document["received_at"] = (moment - ahead).isoformat()


def _from_no_time_of_ours(rng: random.Random, document: Document) -> None:
    """The clock of one till harms nobody else."""
    for name in ("received_at", "imported"):
        document.pop(name, None)
    document[OWN_TIME[document["type"]]] = rng.choice(["2099-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])


def _paid_for_what_came_back(rng: random.Random, document: Document) -> None:
    document["lines"] = [*document["lines"], {"sku": "bottle", "quantity": -1, "amount": 25}]
    document["total"] += 25


def _line_without(rng: random.Random, document: Document) -> None:
    line = rng.choice(document["lines"])
    # A discount of the basket has no sku of its own.
    line.pop(rng.choice(["sku", "quantity", "amount"] if line["amount"] >= 0 else ["quantity", "amount"]))


MISTAKES: list[Callable[[random.Random, Document], Any]] = [
    _put("type", "sale", "PURCHASE", 1, None),
    _drop("type"),
    _drop("channel", "store_id", "currency", "lines"),
    _put("channel", "phone", "", 1),
    _put("store_id", "", 7.5),
    _put("member_id", 1785.5, True, ["m"]),
    _put("currency", "gbp", "XQQ", "DEM", "£", 826, ""),
    _put("lines", [], {}, "none", [1], [None]),
    _put("fees", -1, "0", 1.5),
    _put("received_at", "soon", 12, "2024-05-05", "2099-01-01T00:00:00+00:00"),
    _put("tax", -1, "0", 1.5),
    _put("rounding", "0", 0.5),
    _put_in_line("quantity", 1.0005, "0.3505", "two", True, None),
    _put_in_line("amount", "5", 12.5, False, None),
    _put_in_line("sku", "", 5.5, None),
    _line_without,
    _sum_is_off,
    _time_is_wrong,
    _from_the_future,
    _from_no_time_of_ours,
]
REFUND_MISTAKES: list[Callable[[random.Random, Document], Any]] = [
    *MISTAKES,
    _drop("refund_id", "refunded_at"),
    _put("refund_id", "", 7.5, None),
    _put_in_line("quantity", -1, -0.5),
    _put_in_line("amount", -100),
]
PURCHASE_MISTAKES: list[Callable[[random.Random, Document], Any]] = [
    *MISTAKES,
    _drop("order_id", "placed_at"),
    _put("order_id", "", 5363.65, None),
    _put("coupons", "mug", [1.5]),
    _put("promotions", {"spring": 1}, [True]),
    _put("member_price", "yes", 1),
    _put("member_discount", 0, "no"),
    _put("imported", "false", 1),
    _payment_is_wrong,
    _paid_for_what_came_back,
]
