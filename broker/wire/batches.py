"""Kafka's record batches (message format 2), from bytes and to bytes.

Written by ourselves: what goes out has many headers, nearly all of them the same for every record, and a batch is one loop over bytes.
tests/contract compares it, byte for byte, with aiokafka's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from struct import Struct
from typing import NamedTuple

from aiokafka.record.memory_records import MemoryRecords
from google_crc32c import value as crc32c

from broker.wire.records import Headers, Record

# A record to be written: its key, value and headers as they stand in a batch, wherever that is.
Entry = bytes
# The same by topic (short name).
ByTopic = Mapping[str, Sequence[Entry]]


class Batch(NamedTuple):
    """A record batch ready to be sent, and how many records it holds."""

    data: bytes
    records: int


_LOG_APPEND_TIME = 1
_PREFIX_BYTES = 12

# Base offset, length, leader epoch, magic, checksum; then what the checksum is of: attributes, last offset delta, first and last
# timestamp, producer id and epoch, first sequence, number of records.
_BEFORE = Struct(">qiibI")
_AFTER = Struct(">hiqqqhii")
_COUNTED_BYTES = 4 + 1 + 4
_NO_LEADER_EPOCH = -1
_MAGIC = 2
# Attributes of a record, and how much later than the first it is.
_SAME_TIME = b"\0\0"
_MOST_REMEMBERED = 16_384


class _Varints(dict[int, bytes]):
    """Numbers as Kafka writes them: zigzag, seven bits a byte, lowest first. Small ones are remembered."""

    def __missing__(self, number: int) -> bytes:
        left = number << 1 if number >= 0 else (-number << 1) - 1
        found = bytearray()
        while left > 0x7F:
            found.append(left & 0x7F | 0x80)
            left >>= 7
        found.append(left)
        encoded = bytes(found)
        if -1 <= number < _MOST_REMEMBERED:
            self[number] = encoded
        return encoded


varints = _Varints()
NO_HEADERS = varints[0]


def entry(key: bytes | None, value: bytes | None, headers: bytes) -> Entry:
    """A record to be written; its headers as `encode_headers` leaves them."""
    if key is None or value is None:
        return b"".join((sized(key), sized(value), headers))
    return b"".join((varints[len(key)], key, varints[len(value)], value, headers))


def sized(data: bytes | None) -> bytes:
    """Bytes after their length, as keys, values and the two halves of a header are written."""
    return varints[-1] if data is None else varints[len(data)] + data


def encode_headers(headers: Headers, more: int = 0) -> bytes:
    """The headers of a record, as `entry` takes them: how many, and each one's name and value. `more`: how many will be added."""
    return varints[len(headers) + more] + b"".join([sized(name.encode()) + sized(value) for name, value in headers])


def build(
    entries: Sequence[Entry],
    timestamp_ms: int,
    producer_id: int = -1,
    epoch: int = -1,
    sequence: int = -1,
) -> Batch:
    """A batch of entries, appended by the broker whole or not at all. `sequence`: of its first record."""
    count = len(entries)
    parts = [_AFTER.pack(0, count - 1, timestamp_ms, timestamp_ms, producer_id, epoch, sequence, count)]
    for at, listed in enumerate(entries):
        place = varints[at]
        parts += (varints[len(_SAME_TIME) + len(place) + len(listed)], _SAME_TIME, place, listed)
    body = b"".join(parts)
    return Batch(_BEFORE.pack(0, _COUNTED_BYTES + len(body), _NO_LEADER_EPOCH, _MAGIC, crc32c(body)) + body, count)


def parse(data: bytes, from_offset: int) -> tuple[list[Record], int]:
    """The records of a fetched response from an offset on, and the offset that follows all that was fetched.

    A batch that the response cut off at its end is left for the next fetch; control batches hold no records of ours.
    """
    found: list[Record] = []
    next_offset = from_offset
    memory = MemoryRecords(data)
    while memory.has_next():
        batch = memory.next_batch()
        if batch is None:
            break
        if not batch.is_control_batch:
            # One time for a whole batch: the broker's, at which it was appended.
            appended_ms = batch.max_timestamp if batch.timestamp_type == _LOG_APPEND_TIME else None
            for record in batch:
                offset = record.offset
                if offset >= from_offset:
                    timestamp_ms = record.timestamp if appended_ms is None else appended_ms
                    found.append(Record(offset, timestamp_ms, record.key, record.value, record.headers))
        next_offset = max(next_offset, batch.next_offset)
    return found, next_offset


def first_batch_bytes(data: bytes) -> int:
    """How many bytes the first batch of a response needs, 0 if not even that can be told. More than came: fetch with more."""
    if len(data) < _PREFIX_BYTES:
        return 0
    return _PREFIX_BYTES + int.from_bytes(data[8:12], "big")
