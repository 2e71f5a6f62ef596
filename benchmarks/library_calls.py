"""What the libraries' own calls take, each alone in a loop: what is left of an order where Python around them costs nothing."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from unittest.mock import patch

import msgspec
from aiokafka.record.memory_records import MemoryRecords
from google_crc32c import value as crc32c
from xxhash import xxh3_64_digest, xxh3_128_digest

from benchmarks.load import Document
from benchmarks.offline import Offline, fetches
from broker.wire.batches import encode_headers, entry
from broker.wire.parse import parse
from rules.documents import content, purchase_rules
from rules.documents.accepting import accept
from rules.documents.items import items_of
from rules.documents.judging import Judging
from rules.documents.kinds import ANY_SHAPE
from rules.documents.purchase import Purchase
from rules.documents.refund import Refund
from rules.happened import Grant, LevelChange, Threshold
from rules.state import Member
from rules.times import LAST_MS
from streams.topics import AGGREGATE_CHANGELOG, GIFTS, LEVELS, THRESHOLDS
from tables.layout import member_key

_TIMES = 3
_FORMATS = {GIFTS: Grant, LEVELS: LevelChange, THRESHOLDS: Threshold}
_MEMBER = member_key("")

Calls = Callable[[], object]


def library_calls(documents: Sequence[Document], now_ms: int) -> list[tuple[str, float]]:
    """Microseconds an order of each kind of call, with the very data that folding these documents reads and writes."""
    fetched = fetches(documents, now_ms)
    offline = Offline(keep_writes=True)
    asyncio.run(offline.run(fetched))
    kinds = [*_incoming(documents, [part.data for parts in fetched for part in parts]), *_outgoing(offline)]
    return [(name, _alone(calls) / len(documents)) for name, calls in kinds]


def _incoming(documents: Sequence[Document], batches: Sequence[bytes]) -> list[tuple[str, Calls]]:
    decode = msgspec.json.Decoder(ANY_SHAPE).decode
    to_json, to_msgpack = msgspec.json.Encoder().encode, msgspec.msgpack.Encoder().encode
    decoded = [decode(document.value) for document in documents]
    contents = _contents(decoded)
    keys = [("order", document.member_id, document.order_id) for document in documents]
    orders = [(each.currency, items_of(each.lines)[0], [0], [1, 2, 3, 4], 0, 0) for each in decoded if isinstance(each, Purchase)]
    return [
        ("aiokafka: records of fetched batches", lambda: [_records(batch) for batch in batches]),
        ("msgspec: documents from JSON", lambda: [decode(document.value) for document in documents]),
        ("msgspec, xxhash: digests of contents", lambda: [xxh3_64_digest(to_json(content)) for content in contents]),
        ("msgspec, xxhash: digests of keys", lambda: [xxh3_128_digest(to_json(key)) for key in keys]),
        ("msgspec: orders to bytes", lambda: [to_msgpack(order) for order in orders]),
    ]


def _contents(decoded: Sequence[Purchase | Refund]) -> list[object]:
    """Of each document, the values that its content's digest is of: they are what is encoded of it first, and its keys after them."""
    found: list[object] = []

    encode_values = content.encode_values

    def encode(values: object) -> bytes:
        found.append(values)
        return encode_values(values)

    with patch.object(purchase_rules, "encode_values", encode), patch.object(content, "encode_values", encode):
        for number, document in enumerate(decoded):
            accept(document, LAST_MS, Judging(len(document.lines), LAST_MS), 0)
            del found[number + 1 :]
    return found


def _outgoing(offline: Offline) -> list[tuple[str, Calls]]:
    decode_member = msgspec.msgpack.Decoder(Member).decode
    to_json, to_msgpack = msgspec.json.Encoder().encode, msgspec.msgpack.Encoder().encode
    batches = [(write.topic, parse(write.data, 0, write.records).records) for write in offline.writes]
    kept = [record for topic, records in batches if topic == AGGREGATE_CHANGELOG for record in records]
    members = [record.value for record in kept if record.value and record.key and record.key.startswith(_MEMBER)]
    objects = [decode_member(member) for member in members]
    outputs = [(topic, records) for topic, records in batches if topic in _FORMATS]
    events = [msgspec.json.decode(record.value or b"", type=_FORMATS[topic]) for topic, records in outputs for record in records]
    entries = [[entry(each.key, each.value, encode_headers(each.headers)) for each in records] for _, records in outputs]
    return [
        ("msgspec: members from bytes", lambda: [decode_member(member) for member in members]),
        ("msgspec: members to bytes", lambda: [to_msgpack(member) for member in objects]),
        ("msgspec: gifts, levels and thresholds to JSON", lambda: [to_json(event) for event in events]),
        ("msgspec: the same to bytes for `~out`", lambda: to_msgpack(entries)),
        ("google-crc32c: checksums of batches to be sent", lambda: [crc32c(write.data) for write in offline.writes]),
    ]


def _records(batch: bytes) -> list[object]:
    memory = MemoryRecords(batch)
    found: list[object] = []
    while memory.has_next():
        found += memory.next_batch()
    return found


def _alone(calls: Calls) -> float:
    """The quickest of some times, CPU microseconds; the collector is off, as it is in a worker."""
    gc.disable()
    try:
        return 1e6 * min(_seconds(calls) for _ in range(_TIMES))
    finally:
        gc.enable()


def _seconds(calls: Calls) -> float:
    began = time.process_time()
    calls()
    return time.process_time() - began
