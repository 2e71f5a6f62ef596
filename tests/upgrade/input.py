"""What is folded into a changelog that is kept: definitions of two versions, and the lines of one partition, with the oracle's clock."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from streams.routing import RECEIVED_HEADER, SOURCE_HEADER, partition_of
from tests.generate import definitions, stream
from tests.generate.world import START
from tests.oracle import Options
from tests.oracle.replay import Replay
from tests.oracle.times import to_ms
from tests.oracle.values import Refused
from tests.upgrade.kept import PARTITION, PARTITIONS, Line

Document = dict[str, Any]

_SEED = 4
_DAYS = 120
_ORDERS = 1_100
_MEMBERS = 60
_MOST_BYTES = 20_000
# Quantities that make thousands of grants.
_VERY_MANY = range(100, 10_000)
# One line in so many was re-keyed from the other partition, and so many of them are written a second time in the end.
_REKEYED = 7
_WRITTEN_AGAIN = 3


def rules() -> list[Document]:
    """The definitions' first versions."""
    return definitions(_SEED, _DAYS)


def saved_definitions() -> list[tuple[int, bytes, bytes]]:
    """Timestamp, key and value of each record of the definitions topic: later, some get a second version, which changes nothing
    that the oracle looks at.
    """
    first = to_ms(START) - 86_400_000
    half = to_ms(START) + _DAYS * 86_400_000 // 3
    versions = [(first, 1, rule) for rule in rules()]
    changed = [rule for rule in rules() if rule["kind"] in ("activity", "program")]
    versions += [(half, 2, rule | {"name": rule["name"] + ", as it is now"}) for rule in changed[::2]]
    return [(saved_at_ms, *_record(saved_at_ms, version, rule)) for saved_at_ms, version, rule in versions]


def _record(saved_at_ms: int, version: int, rule: Document) -> tuple[bytes, bytes]:
    key = f"{rule['kind']}/{rule['code']}/{version}/{uuid.UUID(int=saved_at_ms).hex}".encode()
    saved = {"kind": rule["kind"], "code": rule["code"], "version": version, "saved_at_ms": 0, "saved_by": "eva", "document": rule}
    return key, json.dumps(saved).encode()


def lines() -> list[Line]:
    """All that comes to the partition, in its order."""
    found: list[Line] = []
    clock = Replay(rules(), Options())
    rekeyed = 0
    for value in _values():
        received_ms = max(0, clock.clock // 1000)
        with suppress(Refused):
            document = clock.read(value)
            received_ms = received_ms if document is None else max(received_ms, document["received"] // 1000)
        clock.take(value)
        headers = [(RECEIVED_HEADER, b"%d" % received_ms)]
        topic = "pos.orders" if len(found) % 3 else "online.orders"
        if len(found) % _REKEYED == 0:
            rekeyed += 1
            topic = "orders.rekeyed"
            headers.append((SOURCE_HEADER, b"pos.orders/1/%d" % (1_000 + 2 * rekeyed)))
        found.append(Line(topic, max(0, clock.clock // 1000), value, headers))
    return found


def written_again(before: list[Line], now_ms: int) -> list[Line]:
    """The last lines that were re-keyed, as whoever slept through the loss of its partition writes them again."""
    last = [line for line in before if line.topic == "orders.rekeyed"][-_WRITTEN_AGAIN:]
    return [Line(line.topic, now_ms, line.value, line.headers, told=False) for line in last]


def _values() -> Iterator[bytes]:
    for value in stream(_SEED, _ORDERS, _MEMBERS, _DAYS, strict=True):
        if len(value) > _MOST_BYTES:
            continue
        try:
            document = json.loads(value)
            member_id = document["member_id"]
            quantities = [line["quantity"] for line in document.get("lines", [])]
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
            yield value
            continue
        if any(quantity in _VERY_MANY for quantity in quantities):
            continue
        if not isinstance(member_id, str) or partition_of(member_id, PARTITIONS) == PARTITION:
            yield value
