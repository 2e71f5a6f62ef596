"""Documents put onto their feeds in the files' order, each with its line; never too far ahead of the workers."""

from __future__ import annotations

from collections import defaultdict, deque

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from agents.replaying.line_types import FEEDS, feed_of_line
from agents.replaying.places import Places
from streams.decode import Limits
from streams.routing import LINE_HEADER
from streams.topics import POS_ORDERS
from tidemark.replay.asking import committed
from tidemark.replay.lines import RECORD_BYTES
from tidemark.settings.settings import Settings

_MAX_MESSAGE_BYTES = 2 * RECORD_BYTES
_FLUSH_SECONDS = 0.2
# Of a record and its batch beside the document.
_OVERHEAD_BYTES = 150
_QUEUED_RECORDS = 200_000
# A feed may be so far ahead on a broker that keeps what is not read: workers hold what waits for the line before it.
AHEAD_BYTES = 32 * 1024 * 1024

# A feed (short name), and a partition of it.
_Place = tuple[str, int]


class ReplayFeed:
    """Produces to the feeds, so that each member's documents keep their order; a member's document goes where its member's meet."""

    def __init__(self, settings: Settings, group: str, places: Places, partitions: int, ahead_bytes: int | None) -> None:
        """`group`: in which the workers say how far they are. `ahead_bytes`: how far a partition of a feed may be ahead of them, as the
        broker must keep it; None: a bound that is for the workers alone.
        """
        self._limits = Limits(settings.max_document_bytes, settings.max_document_lines)
        self._prefix = settings.prefix
        self._partitions = partitions
        self._places = places
        self._ahead_bytes = AHEAD_BYTES if ahead_bytes is None else ahead_bytes
        self._refused: KafkaError | None = None
        self._lines = 0
        self._produced: defaultdict[_Place, int] = defaultdict(int)
        self._bytes: defaultdict[_Place, int] = defaultdict(int)
        self._marks: defaultdict[_Place, deque[tuple[int, int]]] = defaultdict(deque)
        self._done_bytes: defaultdict[_Place, int] = defaultdict(int)
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

    def put(self, raw: bytes, number: int) -> None:
        """Produces one document, of that number, which the feed carries; `has_room` should be asked first."""
        feed, member_id = feed_of_line(raw, self._limits)
        partition, _ = self._places.place(feed, member_id, number)
        self._send((feed, partition), raw, member_id)

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

    def _look(self) -> int:
        """Asks how far the workers are; the records done."""
        asked = [TopicPartition(self._prefix + feed, partition) for feed in FEEDS for partition in range(self._partitions)]
        done = 0
        for each in committed(self._workers, asked):
            place = (each.topic.removeprefix(self._prefix), each.partition)
            offset = max(0, each.offset)
            done += offset
            marks = self._marks[place]
            while marks and marks[0][0] <= offset:
                self._done_bytes[place] = marks.popleft()[1]
        return done
