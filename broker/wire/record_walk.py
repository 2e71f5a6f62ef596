"""The records of one batch (message format 2), byte by byte, each length looked at before it is believed.

Slower than aiokafka's parser, which is C, and asked where that one gives up: a header's name may be any bytes here, and what is broken is
said in words.
"""

from __future__ import annotations

from typing import Final

from broker.wire.records import Headers, Record

_VARINT_BITS: Final = 70
# Kafka's own bound of a record's headers is the batch; ours keeps a batch of nothing but empty headers from becoming a gigabyte of tuples.
MAX_HEADERS: Final = 100_000


class Broken(ValueError):
    """The records do not follow the format; the message says where."""


def walk(data: memoryview, count: int, base_offset: int, first_ms: int, appended_ms: int | None) -> list[Record]:
    """Every record, its offset as it says itself. `appended_ms`: the time of all of them, where the broker gives it. Raises Broken."""
    found: list[Record] = []
    at = 0
    if count < 0:
        raise Broken(f"{count} records")
    for number in range(count):
        length, at = _varint(data, at)
        end = at + length
        if length < 1 or end > len(data):
            raise Broken(f"record {number} of {count} has {length} bytes, and {len(data) - at} are left")
        own = data[:end]
        # Past the attributes, of which there are none yet.
        later_ms, at = _varint(own, at + 1)
        delta, at = _varint(own, at)
        key, at = _sized(own, at)
        value, at = _sized(own, at)
        headers, at = _headers(own, at)
        if at != end:
            raise Broken(f"record {number} of {count} ends {end - at} bytes early")
        found.append(Record(base_offset + delta, first_ms + later_ms if appended_ms is None else appended_ms, key, value, headers))
    if at != len(data):
        raise Broken(f"{len(data) - at} bytes follow the last record")
    return found


def _headers(data: memoryview, at: int) -> tuple[Headers, int]:
    count, at = _varint(data, at)
    if not 0 <= count <= MAX_HEADERS:
        raise Broken(f"{count} headers, and at most {MAX_HEADERS} are read")
    headers: Headers = []
    for _ in range(count):
        name, at = _sized(data, at)
        value, at = _sized(data, at)
        if name is None:
            raise Broken("a header has no name")
        headers.append((name.decode(errors="surrogateescape"), value))
    return headers, at


def _sized(data: memoryview, at: int) -> tuple[bytes | None, int]:
    """Bytes after their length; None where that is below 0."""
    length, at = _varint(data, at)
    if length < 0:
        return None, at
    if at + length > len(data):
        raise Broken(f"{length} bytes are said to follow, and {len(data) - at} do")
    return bytes(data[at : at + length]), at + length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of 64 bits as Kafka writes it (zigzag, seven bits a byte, lowest first), and where it ends."""
    number = shift = 0
    while shift < _VARINT_BITS:
        if at >= len(data):
            raise Broken("a number is cut off")
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number >> 1 ^ -(number & 1), at
        shift += 7
    raise Broken("a number has more than 64 bits")
