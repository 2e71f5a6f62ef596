"""Records told apart by digests."""

from __future__ import annotations

import msgspec
from xxhash import xxh3_128

from broker.wire.records import Record

_encode = msgspec.msgpack.Encoder().encode


class Digest:
    """Of records in their order, wherever they stand: keys, values, headers; and when they came, where that matters."""

    def __init__(self) -> None:
        self._digest = xxh3_128()
        self.records = 0

    def add(self, record: Record, *, with_time: bool) -> None:
        """The next record."""
        self.records += 1
        self._digest.update(_encode((record.key, record.value, record.headers, record.timestamp_ms if with_time else None)))

    def hex(self) -> str:
        """Of all so far."""
        return str(self._digest.hexdigest())
