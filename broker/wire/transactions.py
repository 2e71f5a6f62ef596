"""Which transactions of a partition were aborted, so that their records are left out (KIP-98)."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Final

from broker.wire.batch_header import CONTROL, HEADER_BYTES, TRANSACTIONAL, BatchHeader
from broker.wire.record_walk import walk

# A control record's key: version and type.
_MARKER: Final = Struct(">hh")
_ABORT: Final = 0

# A transaction that was aborted: its producer's id, and its first offset in the partition.
Aborted = tuple[int, int]


class Transactions:
    """Those that are aborted where the reading stands."""

    def __init__(self, aborted: Sequence[Aborted]) -> None:
        self._begin = sorted(aborted, key=lambda each: each[1], reverse=True)
        self._aborted: set[int] = set()

    def leave_out(self, batch: BatchHeader, body: memoryview) -> bool:
        """Whether a batch holds no record of ours: it is a marker, or its transaction was aborted. Raises Broken."""
        if not batch.attributes & (TRANSACTIONAL | CONTROL):
            return False
        while self._begin and self._begin[-1][1] <= batch.base_offset + batch.last_delta:
            self._aborted.add(self._begin.pop()[0])
        if not batch.attributes & CONTROL:
            return batch.producer_id in self._aborted
        for record in walk(body[HEADER_BYTES:], batch.records, 0, 0, 0):
            if record.key is not None and len(record.key) >= _MARKER.size and _MARKER.unpack_from(record.key)[1] == _ABORT:
                self._aborted.discard(batch.producer_id)
        return True
