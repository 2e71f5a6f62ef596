"""The sample: a year of a real shop's orders and cancellations, what its members and its marketing do beside, and definitions to play
them by. SOURCE.md says where it is from, and what is made up.

Only the standard library is used, and documents come as they are decompressed: the first is there at once.
"""

from __future__ import annotations

import json
import lzma
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tidemark.sample.habits import take_on
from tidemark.sample.members import Members

ORDERS = Path(__file__).with_name("orders.xz")
CHANGES = Path(__file__).with_name("changes.jsonl")
CURRENCY = "GBP"
LONDON = ZoneInfo("Europe/London")
_encode = json.JSONEncoder(separators=(",", ":")).encode


def definitions_dir() -> Path:
    """The folder of YAML definitions that suit the sample orders: a program, organizations, coupons and activities."""
    return Path(__file__).with_name("definitions")


@cache
def figures() -> dict[str, int]:
    """What the sample holds: documents (= orders + refunds), lines, members, anonymous and online documents."""
    with lzma.open(ORDERS, "rt", encoding="ascii") as lines:
        header: dict[str, int] = json.loads(next(lines))
    return header


def orders_count() -> int:
    """How many documents `documents` yields, purchases and refunds together."""
    return figures()["documents"]


def documents(habits: Counter[str] | None = None) -> Iterator[bytes]:
    """Orders (spec 1.1) and refunds (spec 1.2) in the order of their times, each a JSON document without a newline.

    Each says that it was received when it was made (spec 1.5), so that none is years late when it is produced today.
    `habits`: counts the receipts that carry what tills send beside a plain sale, as they come (tidemark/sample/habits.py).
    """
    return map(_encoded, _orders(Counter() if habits is None else habits))


def year(taken: Counter[str] | None = None, orders: Counter[str] | None = None) -> Iterator[bytes]:
    """All that happens in the year, in the order of its times: the documents, what members do beside (members.py: member documents and
    payments), and what marketing changes (changes.jsonl, spec 6).

    `taken`: counts who did what, by its name, as habits are; `orders`: counts those documents that `documents` has, by their type.
    """
    taken = Counter() if taken is None else taken
    members = Members(taken)
    waiting = [(datetime.fromisoformat(change["saved_at"]), change) for change in changes()]
    for order in _orders(taken):
        while waiting and waiting[0][0] <= datetime.fromisoformat(order["received_at"]):
            yield _encoded(waiting.pop(0)[1])
        yield from map(_encoded, members.around(order))
        if orders is not None:
            orders[order["type"]] += 1


def changes() -> list[dict[str, Any]]:
    """What marketing changes in the year (spec 6), in the order of its times."""
    return [json.loads(line) for line in CHANGES.read_bytes().splitlines()]


def _encoded(document: dict[str, Any]) -> bytes:
    return _encode(document).encode("ascii")


def _orders(habits: Counter[str]) -> Iterator[dict[str, Any]]:
    with lzma.open(ORDERS, "rt", encoding="ascii") as blocks:
        next(blocks)
        for block in blocks:
            yield from _documents_of(json.loads(block), habits)


def _documents_of(block: dict[str, list[Any]], habits: Counter[str]) -> Iterator[dict[str, Any]]:
    """The documents of one block of columns: the columns of lines run on through the documents, `lines` to each."""
    lines = iter(
        [
            {"sku": sku, "quantity": quantity, "amount": unit * max(quantity, 1)}
            for sku, quantity, unit in zip(block["sku"], block["quantity"], block["unit"], strict=True)
        ]
    )
    rows = zip(*(block[name] for name in ("number", "order", "member", "store", "fees", "quantity_price", "lines")), strict=True)
    for minute, row in zip(accumulate(block["minutes"]), rows, strict=True):
        number, order, member, store, fees, quantity_price, count = row
        own = [next(lines) for _ in range(count)]
        time = datetime.fromtimestamp(minute * 60, UTC).astimezone(LONDON).isoformat()
        total = sum(line["amount"] for line in own) + fees
        online = store.startswith("web-")
        common = {
            "channel": "online" if online else "pos",
            "store_id": store,
            "member_id": member or None,
            "currency": CURRENCY,
            "lines": own,
            "fees": fees,
            "total": total,
        }
        if number.startswith("C"):
            ids = {"type": "refund", "refund_id": number, "order_id": order or None}
            yield {**ids, "refunded_at": time, "received_at": time, **common}
            continue
        purchase = {"type": "purchase", "order_id": number, "placed_at": time, "received_at": time, **common}
        if online:
            purchase["service_type"] = "delivery"
        else:
            take_on(purchase, habits)
        if quantity_price:
            purchase["promotions"] = ["quantity-price"]
        yield purchase
