"""Documents put onto their feeds in the files' order, each with its line; never too far ahead of the workers."""

from __future__ import annotations

import base64
import time
from array import array
from codecs import BOM_UTF8
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from rules.times import at_utc
from streams.decode import ANY_ZONE, TOO_LARGE, Limits, Malformed, decode
from streams.feeds.feed import PassedOver
from streams.routing import LINE_HEADER, partition_of
from streams.topics import ONLINE_ORDERS, POS_ORDERS
from tidemark.settings.settings import Settings

# What a record of a feed may measure, as `streams.topics` has it.
_RECORD_BYTES = 8 * 1024 * 1024
_MAX_MESSAGE_BYTES = 2 * _RECORD_BYTES
_TIMEOUT_SECONDS = 5.0
_FLUSH_SECONDS = 0.2
# Of a record and its batch beside the document.
_OVERHEAD_BYTES = 150
_MOST_OVERHEAD_BYTES = 1024
_QUEUED_RECORDS = 200_000
# Where a document stood that no feed carries.
NOT_CARRIED = "replay"
_FEEDS = (POS_ORDERS, ONLINE_ORDERS)
# A feed may be so far ahead on a broker that keeps what is not read: workers hold what waits for the line before it.
AHEAD_BYTES = 32 * 1024 * 1024

# A feed (short name), and a partition of it.
_Place = tuple[str, int]


def lines_of(files: Iterable[Path], standard_input: BinaryIO) -> Iterator[bytes]:
    """The lines of the files in their order, without their ends; `-` is standard input. Blank ones are left out, and so is the byte order
    mark that a file may begin with.
    """
    for file in files:
        with nullcontext(standard_input) if str(file) == "-" else file.open("rb") as source:
            mark = BOM_UTF8
            for line in source:
                line = line.removeprefix(mark).rstrip(b"\r\n")
                mark = b""
                if line.strip():
                    yield line


def feed_of_line(raw: bytes, limits: Limits) -> tuple[str, str | None]:
    """The feed that a line belongs on, and its member's id: a feed's own shape on its own, spec 1.1's by its channel; all else on
    pos.orders, where it is refused, or taken just the same.
    """
    try:
        document = decode(raw, limits, ANY_ZONE)
    except (Malformed, PassedOver):
        return POS_ORDERS, None
    return ONLINE_ORDERS if getattr(document, "channel", None) == "online" else POS_ORDERS, document.member_id


class ReplayFeed:
    """Produces to the feeds, so that each member's documents keep their order; a member's document goes where its member's meet."""

    def __init__(self, settings: Settings, group: str, partitions: int, carried_bytes: int | None) -> None:
        """`group`: in which the workers say how far they are. `carried_bytes`: what the broker keeps of a partition that is not read; None:
        whatever is written.
        """
        self._limits = Limits(settings.max_document_bytes, settings.max_document_lines)
        self._prefix = settings.prefix
        self._partitions = partitions
        self._ahead_bytes = AHEAD_BYTES if carried_bytes is None else carried_bytes
        # What is kept for a reader must hold a record, and as much before it that is not read yet.
        self._carried_bytes = _RECORD_BYTES if carried_bytes is None else carried_bytes
        self._refused: KafkaError | None = None
        self._lines = 0
        self._produced: defaultdict[_Place, int] = defaultdict(int)
        self._bytes: defaultdict[_Place, int] = defaultdict(int)
        self._marks: defaultdict[_Place, deque[tuple[int, int]]] = defaultdict(deque)
        self._done_bytes: defaultdict[_Place, int] = defaultdict(int)
        # By offset, eight bytes a document.
        self._numbers: defaultdict[_Place, array[int]] = defaultdict(lambda: array("q"))
        self._member_partitions: dict[str, int] = {}
        self._producer = Producer(
            {
                **settings.connection().confluent(),
                "linger.ms": 5,
                "message.max.bytes": _MAX_MESSAGE_BYTES,
                "queue.buffering.max.messages": _QUEUED_RECORDS,
                "enable.idempotence": True,
                "delivery.report.only.error": True,
                "on_delivery": self._delivered,
            }
        )
        self._workers = Consumer({**settings.connection().confluent(), "group.id": group})

    def carries(self, raw: bytes) -> bool:
        """Whether a feed's topic can hold a record of that size at all."""
        return len(raw) + _MOST_OVERHEAD_BYTES <= self._carried_bytes

    def too_large(self, raw: bytes, number: int) -> Mapping[str, object]:
        """The dead letter, decoded, of a document that the feed does not carry: on no topic, so it holds the document whole (spec 1.6)."""
        detail = f"{len(raw)} bytes, more than the {self._carried_bytes - _MOST_OVERHEAD_BYTES} that the broker carries"
        source = f"{NOT_CARRIED}/{number}"
        letter = {"reason": TOO_LARGE, "detail": detail, "source": source, "received_at": at_utc(int(time.time() * 1000))}
        try:
            return letter | {"raw": raw.decode()}
        except UnicodeDecodeError:
            return letter | {"raw_base64": base64.b64encode(raw).decode()}

    def number_of(self, source: str) -> int:
        """The number of the document that stood there, or that `too_large` was told of, by the source that its dead letter names; what is
        no document of ours (a grant that a sink has refused) comes after all of them.
        """
        *place, last = source.split("/")
        if place == [NOT_CARRIED]:
            return int(last)
        feed, partition = place
        return self._numbers[feed, int(partition)][int(last)] if feed in _FEEDS else self._lines

    def put(self, raw: bytes, number: int) -> None:
        """Produces one document, of that number, which the feed `carries`; `has_room` should be asked first."""
        feed, member_id = feed_of_line(raw, self._limits)
        self._numbers[feed, self._partition(member_id)].append(number)
        self._send((feed, self._partition(member_id)), raw, member_id)

    def end(self) -> None:
        """Tells every partition that there is no more: what is due by then fires."""
        for partition in range(self._partitions):
            self._send((POS_ORDERS, partition), None, None)

    def has_room(self) -> bool:
        """Whether every partition's worker is near enough, and the broker takes what is produced. Raises KafkaException."""
        self._producer.poll(0)
        self._check_refused()
        if len(self._producer) > _QUEUED_RECORDS // 2:
            return False
        if self._near():
            return True
        self._look()
        return self._near()

    def flushed(self) -> bool:
        """Whether the broker has all that was produced; waits a little for it. Raises KafkaException."""
        left = self._producer.flush(_FLUSH_SECONDS)
        self._check_refused()
        return bool(left == 0)

    def all_done(self) -> bool:
        """Whether the workers have committed and published all that was produced, and all that they re-keyed."""
        return self._look() >= self._lines

    def _near(self) -> bool:
        return all(written - self._done_bytes[place] < self._ahead_bytes for place, written in self._bytes.items())

    def _send(self, place: _Place, raw: bytes | None, member_id: str | None) -> None:
        feed, partition = place
        headers: list[tuple[str, str | bytes | None]] = [(LINE_HEADER, b"%d" % self._lines)]
        key = None if member_id is None else member_id.encode()
        while True:
            try:
                self._producer.produce(self._prefix + feed, value=raw, key=key, partition=partition, headers=headers)
                break
            except BufferError:
                # Large documents fill the producer's memory before they are many.
                self._producer.poll(_FLUSH_SECONDS)
                self._check_refused()
        self._lines += 1
        self._produced[place] += 1
        self._bytes[place] += _OVERHEAD_BYTES + len(raw or b"") + len(key or b"")
        self._marks[place].append((self._produced[place], self._bytes[place]))

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        self._refused = self._refused or error

    def _check_refused(self) -> None:
        if self._refused is not None:
            raise KafkaException(self._refused)

    def _partition(self, member_id: str | None) -> int:
        if member_id is None:
            return self._lines % self._partitions
        partition = self._member_partitions.get(member_id)
        if partition is None:
            partition = self._member_partitions[member_id] = partition_of(member_id, self._partitions)
        return partition

    def _look(self) -> int:
        """Asks how far the workers are; the records done."""
        asked = [TopicPartition(self._prefix + feed, partition) for feed in _FEEDS for partition in range(self._partitions)]
        done = 0
        for each in self._workers.committed(asked, timeout=_TIMEOUT_SECONDS):
            place = (each.topic.removeprefix(self._prefix), each.partition)
            offset = max(0, each.offset)
            done += offset
            marks = self._marks[place]
            while marks and marks[0][0] <= offset:
                self._done_bytes[place] = marks.popleft()[1]
        return done
