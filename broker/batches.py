"""Kafka's record batches, from bytes and to bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from broker.records import Headers, Record


class Batch(NamedTuple):
    """A record batch ready to be sent, and how many records it holds."""

    data: bytes
    records: int


_LOG_APPEND_TIME = 1
_PREFIX_BYTES = 12


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


def build(
    entries: Iterable[tuple[bytes | None, bytes | None, Headers]],
    timestamp_ms: int,
    producer_id: int = -1,
    epoch: int = -1,
    sequence: int = -1,
) -> Batch:
    """A batch of (key, value, headers), appended by the broker whole or not at all. `sequence`: of its first record."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, producer_id, epoch, sequence, 2**31 - 1)
    count = 0
    for key, value, headers in entries:
        builder.append(count, timestamp_ms, key, value, headers)
        count += 1
    return Batch(bytes(builder.build()), count)
