"""The entries that one turn added, as they stand in the changelog: their number of slots (4 bytes), the slots, the rows.

A row is the first seven bytes of the digest, whose other five are in its slot; the length of the record (4); where the entry is known
by a second digest too, told by the length's highest bit, that one's first seven; and the record. The next bit of the length is free. The
slots say where the rows will stand in memory, so that what is read back needs no work an entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import Struct
from typing import Final

from rules.documents.content import DIGEST_BYTES
from tables.orders.slots import BY_SECOND, PLACE, PLACE_BYTES, SLOT_BYTES

CHUNK_FORMAT: Final = 3
# As the release before wrote them: rows alone, with whole digests.
CHUNK_FORMAT_BEFORE: Final = 0

# A digest, own (12), second (12) or none, and the record.
Entry = tuple[bytes, bytes | None, bytes]

# What a row has of its own digest.
ORIGIN_BYTES = PLACE_BYTES
_SECOND: Final = 1 << 31
_LENGTH: Final = (1 << 30) - 1
_COUNT: Final = Struct("<I")
_ROW: Final = Struct(f"<{PLACE_BYTES}sI")
_ROW_OF_TWO: Final = Struct(f"<{PLACE_BYTES}sI{PLACE_BYTES}s")
_ROW_BYTES, _ROW_OF_TWO_BYTES = _ROW.size, _ROW_OF_TWO.size
_ROW_BEFORE: Final = Struct(f"<{DIGEST_BYTES}sI")


def rows_of(entries: Iterable[Entry], start: int) -> tuple[bytes, list[bytes], list[int]]:
    """The rows of entries; and all their digests, each with what its slot's place says of where it stands; the first row's at `start`."""
    # Packing takes of a digest as much as a row has.
    pack, pack_two = _ROW.pack, _ROW_OF_TWO.pack
    parts: list[bytes] = []
    digests: list[bytes] = []
    offsets: list[int] = []
    at = start
    for digest, second, record in entries:
        length = len(record)
        if second is None:
            digests.append(digest)
            offsets.append(at)
            parts += (pack(digest, length), record)
            at += _ROW_BYTES + length
        else:
            digests += (digest, second)
            offsets += (at, at | BY_SECOND)
            parts += (pack_two(digest, length | _SECOND, second), record)
            at += _ROW_OF_TWO_BYTES + length
    return b"".join(parts), digests, offsets


def record_at(rows: bytearray, offset: int, by_second: bool, digest: bytes) -> bytes | None:
    """The record of the row at an offset, if it is of this digest, as its own or as its second one."""
    head, length = _ROW.unpack_from(rows, offset)
    start = offset + _ROW.size
    if length & _SECOND:
        if by_second:
            head = rows[start : start + PLACE_BYTES]
        start += PLACE_BYTES
    return bytes(rows[start : start + (length & _LENGTH)]) if head == digest[:PLACE_BYTES] else None


def origin_at(rows: bytearray, offset: int) -> bytes:
    """Of the row at an offset, the first ORIGIN_BYTES of its own digest."""
    return bytes(rows[offset : offset + ORIGIN_BYTES])


def packed(slots: bytes, rows: bytes) -> bytes:
    """The chunk of slots and their rows."""
    return b"".join((_COUNT.pack(len(slots) // SLOT_BYTES), slots, rows))


def unpacked(chunk: bytes) -> tuple[bytes, memoryview, tuple[int, int, int]]:
    """The slots of a chunk and its rows, and the place (day, arena, offset) of the first. Raises ValueError, struct.error."""
    end = _COUNT.size + _COUNT.unpack_from(chunk)[0] * SLOT_BYTES
    if end >= len(chunk):
        raise ValueError(f"a chunk of {len(chunk)} bytes has slots up to {end}")
    return chunk[_COUNT.size : end], memoryview(chunk)[end:], PLACE.unpack_from(chunk, _COUNT.size)


def entries_before(chunk: bytes) -> list[Entry]:
    """The entries of a chunk of the release before. Raises ValueError, struct.error."""
    found: list[Entry] = []
    at, end = 0, len(chunk)
    while at < end:
        digest, length = _ROW_BEFORE.unpack_from(chunk, at)
        second = None
        at += _ROW_BEFORE.size
        if length & _SECOND:
            second = chunk[at : at + DIGEST_BYTES]
            at += DIGEST_BYTES
        length &= ~_SECOND
        found.append((digest, second, chunk[at : at + length]))
        at += length
    if at != end:
        raise ValueError(f"a chunk of {end} bytes has entries of {at}")
    return found
