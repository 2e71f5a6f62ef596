"""Kafka's record batches (message format 2), to bytes; `parse` reads them.

Written by ourselves: what goes out has many headers, nearly all of them the same for every record, and a batch is one loop over bytes.
tests/contract compares it, byte for byte, with aiokafka's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from struct import Struct
from typing import Final, NamedTuple

from google_crc32c import value as crc32c

from broker.wire.records import Headers

# A record to be written: its key, value and headers as they stand in a batch, wherever that is.
Entry = bytes
# The same by topic (short name), or by topic/partition where they are for another partition than that which writes them.
ByTopic = Mapping[str, Sequence[Entry]]


def place_of(topic: str, partition: int) -> tuple[str, int]:
    """Topic and partition of what a partition writes under this name."""
    name, _, other = topic.partition("/")
    return name, int(other) if other else partition


class Batch(NamedTuple):
    """A record batch ready to be sent, and how many records it holds."""

    data: bytes
    records: int


# Base offset, length, leader epoch, magic, checksum; then what the checksum is of: attributes, last offset delta, first and last
# timestamp, producer id and epoch, first sequence, number of records.
_BEFORE: Final = Struct(">qiibI")
_AFTER: Final = Struct(">hiqqqhii")
_COUNTED_BYTES: Final = 4 + 1 + 4
_NO_LEADER_EPOCH: Final = -1
_MAGIC: Final = 2
# Attributes of a record, and how much later than the first it is; its place follows.
_SAME_TIME: Final = b"\0\0"


def varint(number: int) -> bytes:
    """A number as Kafka writes it: zigzag, seven bits a byte, lowest first."""
    left = number << 1 if number >= 0 else (-number << 1) - 1
    found = bytearray()
    while left > 0x7F:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    found.append(left)
    return bytes(found)


# Of the numbers from 0 on, which most lengths are: to ask a list costs a tenth of a call.
SMALL: Final = 2_048
VARINTS: Final = [varint(number) for number in range(SMALL)]
# How a record of a batch begins, after its length, by its place in it.
_PLACES: Final = [_SAME_TIME + varint(place) for place in range(SMALL)]
# Places before this take a byte less than those after it.
_FIRST: Final = 64
# How a record begins, by the bytes of its entry: its length with its place.
_SIZED_FIRST: Final = VARINTS[len(_PLACES[0]) :].__getitem__
_SIZED_LATER: Final = VARINTS[len(_PLACES[-1]) :].__getitem__
_SMALL_ENTRY: Final = SMALL - len(_PLACES[-1])
NO_HEADERS: Final = varint(0)
# The length of what there is not.
_NOTHING: Final = varint(-1)


def entry(key: bytes | None, value: bytes | None, headers: bytes) -> Entry:
    """A record to be written; its headers as `encode_headers` leaves them."""
    if key is None or value is None:
        return b"".join((sized(key), sized(value), headers))
    of_key, of_value = len(key), len(value)
    return b"".join(
        (
            VARINTS[of_key] if of_key < SMALL else varint(of_key),
            key,
            VARINTS[of_value] if of_value < SMALL else varint(of_value),
            value,
            headers,
        )
    )


def value_of(listed: Entry) -> bytes:
    """The value of an entry, which has one."""
    at = 0
    for _ in ("key", "value"):
        number = shift = 0
        while listed[at] > 0x7F:
            number |= (listed[at] & 0x7F) << shift
            shift += 7
            at += 1
        number |= listed[at] << shift
        at += 1
        # Zigzag: -1, of a key that there is not, is 1.
        length = 0 if number == 1 else number >> 1
        start, at = at, at + length
    return listed[start:at]


def sized(data: bytes | None) -> bytes:
    """Bytes after their length, as keys, values and the two halves of a header are written."""
    if data is None:
        return _NOTHING
    length = len(data)
    return (VARINTS[length] if length < SMALL else varint(length)) + data


def encode_headers(headers: Headers, more: int = 0) -> bytes:
    """The headers of a record, as `entry` takes them: how many, and each one's name and value. `more`: how many will be added."""
    return varint(len(headers) + more) + b"".join(
        [sized(name.encode(errors="surrogateescape")) + sized(value) for name, value in headers]
    )


def _small(sizes: list[int]) -> int:
    """How many entries of these sizes stand before the first that is not small; of more than have a place at hand, none."""
    count = len(sizes)
    if not 0 < count <= SMALL:
        return 0
    if max(sizes) < _SMALL_ENTRY:
        return count
    return next(at for at, size in enumerate(sizes) if size >= _SMALL_ENTRY)


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
    sizes = list(map(len, entries))
    small = _small(sizes)
    if small:
        # In columns, so that nothing is done for each: their lengths, with those of their places.
        lengths: Iterable[bytes] = map(_SIZED_FIRST, sizes[: min(small, _FIRST)])
        if small > _FIRST:
            lengths = chain(lengths, map(_SIZED_LATER, sizes[_FIRST:small]))
        parts += chain.from_iterable(zip(lengths, _PLACES, entries, strict=False))
    if small < count:
        for at, listed in enumerate(entries[small:], small):
            place = _PLACES[at] if at < SMALL else _SAME_TIME + varint(at)
            length = len(place) + len(listed)
            parts += (VARINTS[length] if length < SMALL else varint(length), place, listed)
    body = b"".join(parts)
    return Batch(_BEFORE.pack(0, _COUNTED_BYTES + len(body), _NO_LEADER_EPOCH, _MAGIC, crc32c(body)) + body, count)
