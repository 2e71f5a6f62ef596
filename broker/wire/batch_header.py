"""A record batch's header (message format 2), its checksum, and where in damaged bytes the next batch may begin."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from struct import Struct
from typing import Final, NamedTuple

from google_crc32c import value as crc32c

# Base offset, length of what follows it, leader epoch, format, checksum; then what the checksum is of: attributes, last offset delta, first
# and last timestamp, producer id and epoch, first sequence, number of records.
HEADER: Final = Struct(">qiibIhiqqqhii")
HEADER_BYTES = HEADER.size
FRAME: Final = Struct(">qi")
FRAME_BYTES = FRAME.size
_FORMAT_AT: Final = 16
CHECKED_AT: Final = 21
FORMAT: Final = 2

CODEC: Final = 0x07
LOG_APPEND_TIME: Final = 0x08
TRANSACTIONAL: Final = 0x10
CONTROL: Final = 0x20


class BatchHeader(NamedTuple):
    """Its fields, in their order."""

    base_offset: int
    length: int
    leader_epoch: int
    format: int
    checksum: int
    attributes: int
    last_delta: int
    first_ms: int
    last_ms: int
    producer_id: int
    epoch: int
    sequence: int
    records: int


def checked(data: bytes, at: int, end: int) -> BatchHeader | None:
    """The header of a batch whose checksum is right; None where it is not, or there is no batch of our format."""
    if not at + HEADER_BYTES <= end <= len(data) or data[at + _FORMAT_AT] != FORMAT:
        return None
    batch = BatchHeader(*HEADER.unpack_from(data, at))
    if crc32c(data[at + CHECKED_AT : end]) != batch.checksum or batch.last_delta < 0:
        return None
    return batch


def next_whole(data: bytes, at: int, end: int, next_offset: int, end_offset: int) -> int:
    """Where the next whole batch after a damaged one begins; the end of the data where none does. `end`: where it says that it ends."""
    # Its length may be what is damaged, so that the next may begin anywhere.
    for start in chain([end] if end > at else [], _where_one_may_begin(data, at + 1)):
        if start + HEADER_BYTES <= len(data):
            base_offset, length = FRAME.unpack_from(data, start)
            if next_offset < base_offset < end_offset and checked(data, start, start + FRAME_BYTES + length) is not None:
                return start
    return len(data)


def _where_one_may_begin(data: bytes, at: int) -> Iterator[int]:
    found = data.find(FORMAT, at + _FORMAT_AT)
    while found >= 0:
        yield found - _FORMAT_AT
        found = data.find(FORMAT, found + 1)
