"""Random documents without timing trouble: the real clock of a broker and the oracle's, the documents' own, agree on all of them.

They are dated in the last weeks and received when they happened. Each member's documents come on one feed, under one key, so that their
order in the input is the order in which they are applied.
"""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, NamedTuple
from zlib import crc32

from tests import generate
from tests.generate.world import START

Document = dict[str, Any]

_DAYS = 20
_SHIFT = datetime.now(UTC).replace(microsecond=0) - timedelta(days=_DAYS + 2) - START
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)")
_OWN_TIME = {"purchase": "placed_at", "refund": "refunded_at", "member": "registered_at"}
# Refunds that come much later, and what is received much later, would need a clock that runs ahead.
_LATEST = START + _SHIFT + timedelta(days=_DAYS)
_LATE = timedelta(days=35)
# Quantities that make thousands of grants, and tests slow.
_VERY_MANY = range(100, 10_000)
_NO_LINES = [{"quantity": 0}]
# One member in so many has his documents keyed wrongly.
_KEYED_WRONGLY = 5


class Sent(NamedTuple):
    """A document as it is produced: the feed's short name, key and value."""

    topic: str
    key: bytes
    value: bytes


@cache
def definitions(seed: int) -> list[Document]:
    """Definition documents, their times moved to now."""
    moved: list[Document] = json.loads(_moved(json.dumps(generate.definitions(seed, _DAYS))))
    return moved


@cache
def documents(seed: int, orders: int, members: int) -> list[Sent]:
    """The input, in the order in which it is produced."""
    sent = []
    for number, line in enumerate(generate.stream(seed, orders, members, _DAYS, strict=True)):
        raw = _settled(line)
        if raw is not None:
            sent.append(_sent(number, raw))
    return sent


def order_of(seed: int, sent: list[Sent]) -> str:
    """The id of an order that certainly comes once, and of whose order no refund speaks."""
    ids: dict[tuple[str, str], int] = {}
    for each in sent:
        document = _decoded(each.value)
        if document is not None and all(
            isinstance(document.get(name), str) and document[name] for name in ("order_id", "member_id")
        ):
            where = (document["member_id"], document["order_id"])
            ids[where] = ids.get(where, 0) + (1 if document.get("type") == "purchase" and "receipt_no" not in document else 2)
    return random.Random(seed).choice(sorted(where for where, count in ids.items() if count == 1))[1]


def _moved(text: str) -> str:
    def move(match: re.Match[str]) -> str:
        try:
            return (datetime.fromisoformat(match.group()) + _SHIFT).isoformat()
        except (ValueError, OverflowError):
            # At the end of all years, or on no day: bad input, whenever it is.
            return match.group()

    return _TIME.sub(move, text)


def _settled(line: bytes) -> bytes | None:
    """The document moved to now; None where only a clock that runs ahead would take it as the oracle does."""
    try:
        raw = _moved(line.decode()).encode()
    except UnicodeDecodeError:
        return line
    document = _decoded(raw)
    if document is None or document.get("type") not in _OWN_TIME:
        return raw
    try:
        own = datetime.fromisoformat(document[_OWN_TIME[document["type"]]])
        received = datetime.fromisoformat(document.get("received_at") or own.isoformat())
        if own > _LATEST or max(line["quantity"] for line in document.get("lines", _NO_LINES)) in _VERY_MANY:
            return None
        if timedelta(0) <= received - own <= _LATE or document.get("imported") is True:
            document["received_at"] = own.isoformat()
            return json.dumps(document).encode()
        if received - own > _LATE:
            # Late, and received when it seemed to have happened: nothing is received that far ahead of the real clock (spec 1.5).
            document[_OWN_TIME[document["type"]]] = (own - (received - own)).isoformat()
            document["received_at"] = own.isoformat()
            return json.dumps(document).encode()
    except (AttributeError, KeyError, TypeError, ValueError):
        pass  # One of the broken ones, refused whatever the time; or a member's without a time.
    return raw


def _decoded(raw: bytes) -> Document | None:
    if b"NaN" in raw:
        return None
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _sent(number: int, raw: bytes) -> Sent:
    document = _decoded(raw)
    member_id = None if document is None else document.get("member_id")
    if not isinstance(member_id, str) or not member_id:
        return Sent("pos.orders" if number % 2 else "online.orders", b"nobody-%d" % number, raw)
    lot = crc32(member_id.encode())
    topic = "pos.orders" if lot & 1024 else "online.orders"
    return Sent(topic, b"till-%d" % (lot % 97) if lot % _KEYED_WRONGLY == 0 else member_id.encode(), raw)
