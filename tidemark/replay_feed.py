"""Documents put onto the feed in the files' order, each stamped with the documents' own clock; never too far ahead of the workers."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from confluent_kafka import Consumer, Producer, TopicPartition

from broker.cluster import confluent_settings
from rules.rulebook import Rulebook
from streams.routing import CLOCK_HEADER, RECEIVED_HEADER, partition_of
from streams.topics import POS_ORDERS, SOURCES
from tidemark.documents_clock import DocumentsClock, Stamp
from tidemark.settings import Settings

_MAX_MESSAGE_BYTES = 16 * 1024 * 1024
_TIMEOUT_SECONDS = 5.0
_OVERHEAD_BYTES = 150


def lines_of(files: Iterable[Path], standard_input: BinaryIO) -> Iterator[bytes]:
    """The lines of the files in their order, without their ends; `-` is standard input. Blank ones are left out."""
    for file in files:
        source = standard_input if str(file) == "-" else file.open("rb")
        with source:
            for line in source:
                line = line.rstrip(b"\r\n")
                if line.strip():
                    yield line


class ReplayFeed:
    """Produces to one feed, so that each member's documents keep their order; a member's document goes where its member's meet."""

    def __init__(self, settings: Settings, rulebook: Rulebook, group: str, partitions: int, ahead_bytes: int | None) -> None:
        """`group`: in which the workers say how far they are. `ahead_bytes`: how far the feed may be ahead of them, in a partition."""
        self.clock = DocumentsClock(rulebook, settings.folding(documents_clock=True))
        self._topic = settings.prefix + POS_ORDERS
        self._sources = [settings.prefix + topic for topic in SOURCES]
        self._partitions = partitions
        self._ahead_bytes = ahead_bytes
        self._produced = [0] * partitions
        self._bytes = [0] * partitions
        self._marks: list[deque[tuple[int, int]]] = [deque() for _ in range(partitions)]
        self._done_bytes = [0] * partitions
        self._member_partitions: dict[str, int] = {}
        self._producer = Producer(
            {
                **confluent_settings(settings.connection()),
                "linger.ms": 5,
                "message.max.bytes": _MAX_MESSAGE_BYTES,
                "queue.buffering.max.messages": 200_000,
                "enable.idempotence": True,
            }
        )
        self._workers = Consumer({**confluent_settings(settings.connection()), "group.id": group})

    def put(self, raw: bytes) -> Stamp:
        """Produces one document; `has_room` should be asked first."""
        stamp = self.clock.read(raw)
        self._send(self._partition(stamp.member_id), raw, stamp)
        return stamp

    def tick(self, now_ms: int) -> None:
        """Tells every partition the time: what is due by then fires."""
        for partition in range(self._partitions):
            self._send(partition, None, Stamp(now_ms, now_ms, None))

    def has_room(self) -> bool:
        """Whether every partition's worker is near enough."""
        self._producer.poll(0)
        if self._ahead_bytes is None or max(map(int.__sub__, self._bytes, self._done_bytes)) < self._ahead_bytes:
            return True
        self._look()
        return max(map(int.__sub__, self._bytes, self._done_bytes)) < self._ahead_bytes

    def flush(self) -> None:
        """Waits until the broker has all that was produced."""
        self._producer.flush()

    def all_done(self) -> bool:
        """Whether the workers have committed and published all that was produced, and all that they re-keyed."""
        return self._look() >= sum(self._produced)

    def _send(self, partition: int, raw: bytes | None, stamp: Stamp) -> None:
        headers: list[tuple[str, str | bytes | None]] = [
            (RECEIVED_HEADER, b"%d" % stamp.received_ms),
            (CLOCK_HEADER, b"%d" % stamp.clock_ms),
        ]
        key = None if stamp.member_id is None else stamp.member_id.encode()
        self._producer.produce(self._topic, value=raw, key=key, partition=partition, headers=headers)
        self._produced[partition] += 1
        self._bytes[partition] += _OVERHEAD_BYTES + (len(raw) if raw else 0)
        self._marks[partition].append((self._produced[partition], self._bytes[partition]))

    def _partition(self, member_id: str | None) -> int:
        if member_id is None:
            return sum(self._produced) % self._partitions
        partition = self._member_partitions.get(member_id)
        if partition is None:
            partition = self._member_partitions[member_id] = partition_of(member_id, self._partitions)
        return partition

    def _look(self) -> int:
        """Asks how far the workers are; the records done."""
        asked = [TopicPartition(self._topic, partition) for partition in range(self._partitions)]
        done = 0
        for each in self._workers.committed(asked, timeout=_TIMEOUT_SECONDS):
            offset = max(0, each.offset)
            done += offset
            marks = self._marks[each.partition]
            while marks and marks[0][0] <= offset:
                self._done_bytes[each.partition] = marks.popleft()[1]
        return done
