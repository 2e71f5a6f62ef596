"""Record batches as producers and brokers make them, of any kind, and as they are when something is wrong with them."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Sequence

import cramjam
from google_crc32c import value as crc32c

from broker.wire.batches import NO_HEADERS, Entry, build, entry

PLAIN, GZIP, SNAPPY, LZ4, ZSTD = range(5)
LOG_APPEND_TIME, TRANSACTIONAL, CONTROL = 0x08, 0x10, 0x20
ABORT, COMMIT = 0, 1
_HEADER_BYTES = 61


def xerial(data: bytes, block_bytes: int = 32 * 1024) -> bytes:
    """Snappy as Java's client frames it."""
    framed = bytearray(b"\x82SNAPPY\0" + struct.pack(">ii", 1, 1))
    for start in range(0, len(data), block_bytes):
        block = bytes(cramjam.snappy.compress_raw(data[start : start + block_bytes]))
        framed += len(block).to_bytes(4, "big") + block
    return bytes(framed)


DEFLATE = {
    GZIP: lambda data: gzip.compress(data),
    SNAPPY: lambda data: bytes(cramjam.snappy.compress_raw(data)),
    LZ4: lambda data: bytes(cramjam.lz4.compress(data)),
    ZSTD: lambda data: bytes(cramjam.zstd.compress(data)),
}


def batch(
    entries: Sequence[Entry],
    base_offset: int = 0,
    *,
    codec: int = PLAIN,
    flags: int = LOG_APPEND_TIME,
    timestamp_ms: int = 1_700_000_000_000,
    producer_id: int = -1,
    payload: bytes | None = None,
    last_delta: int | None = None,
    count: int | None = None,
) -> bytes:
    """A batch at an offset; `payload`: these bytes in place of the (compressed) records."""
    made = build(entries, timestamp_ms, producer_id).data
    body = made[_HEADER_BYTES:]
    if codec:
        body = DEFLATE[codec](body)
    changed = bytearray(made[:_HEADER_BYTES] + (body if payload is None else payload))
    struct.pack_into(">h", changed, 21, codec | flags)
    if last_delta is not None:
        struct.pack_into(">i", changed, 23, last_delta)
    if count is not None:
        struct.pack_into(">i", changed, 57, count)
    return sealed(changed, base_offset)


def marker(base_offset: int, producer_id: int, kind: int) -> bytes:
    """The control batch that ends a transaction."""
    ended = entry(struct.pack(">hh", 0, kind), struct.pack(">hi", 0, 1), NO_HEADERS)
    return batch([ended], base_offset, flags=LOG_APPEND_TIME | TRANSACTIONAL | CONTROL, producer_id=producer_id)


def sealed(data: bytearray | bytes, base_offset: int) -> bytes:
    """With its offset, length and checksum right."""
    whole = bytearray(data)
    struct.pack_into(">qi", whole, 0, base_offset, len(whole) - 12)
    struct.pack_into(">I", whole, 17, crc32c(bytes(whole[21:])))
    return bytes(whole)
