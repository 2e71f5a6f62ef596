"""What stands on the topics, read along as it comes: commits and their outputs on the changelog, and what was published."""

from __future__ import annotations

import json
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from broker.wire.batches import place_of
from broker.wire.records import Headers
from streams.topics import (
    AGGREGATE_CHANGELOG,
    BENEFITS,
    DEAD_LETTERS,
    DEPARTURES,
    FIGURES,
    GIFTS,
    LEVELS,
    LIMITED,
    NOTIFICATIONS,
    REFUSALS,
    RELEASES,
    SOURCES,
    THRESHOLDS,
)
from tables.head import Head
from tables.layout import FENCE, HEAD, decode_head, decode_outputs
from tests.entries import read_back

_OUTPUTS = (GIFTS, RELEASES, BENEFITS, LEVELS, THRESHOLDS, REFUSALS, FIGURES, NOTIFICATIONS, DEAD_LETTERS, DEPARTURES, LIMITED)
_READ_AT_ONCE = 2_000
# What has come in so long, all at once: each fetch is of all partitions, and with one for each batch that is written, brokers would do as
# much for it as for the workers.
_SOMETIMES = {"fetch.min.bytes": 2**20, "fetch.wait.max.ms": 100}
_ATTEMPTS = 10
_ANSWER_SECONDS = 5.0
_AGAIN_SECONDS = 0.5


class Published(NamedTuple):
    """A record on an output topic. `sequence`: turn and number, as its header has them; `event_id`: of its CloudEvent."""

    topic: str
    partition: int
    sequence: str
    event_id: str
    value: bytes


def published(topic: str, partition: int, headers: Headers, value: bytes) -> Published:
    """A record as it says that it is."""
    found = {name: (data or b"").decode() for name, data in headers}
    return Published(topic, partition, found["ce_sequence"], found["ce_id"], value)


class Observer:
    """Reads everything once, from the beginning on; `look` reads on."""

    def __init__(self, bootstrap: str, prefix: str, partitions: int) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self._partitions = partitions
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "enable.auto.commit": False, "log_level": 0,
             "fetch.message.max.bytes": 16 * 2**20, **_SOMETIMES, "broker.address.family": "v4", "reconnect.backoff.max.ms": 500}
        )  # fmt: skip
        topics = (AGGREGATE_CHANGELOG, *_OUTPUTS)
        self._consumer.assign([TopicPartition(prefix + topic, number, 0) for topic in topics for number in range(partitions)])
        self._admin: AdminClient | None = None
        self.heads: dict[int, Head] = {}
        # By partition: the numbers of the turns committed, and how often it was taken over.
        self.turns: dict[int, list[int]] = defaultdict(list)
        self.fences: dict[int, int] = defaultdict(int)
        self.committed: set[Published] = set()
        self.published: list[Published] = []
        self._next: dict[tuple[str, int], int] = defaultdict(int)

    def close(self) -> None:
        self._consumer.close()

    def look(self) -> bool:
        """Reads what there is by now, for as long as more comes at once; whether there was any."""
        some = False
        while messages := self._consumer.consume(_READ_AT_ONCE, 0.02):
            for message in messages:
                if message.error() is None:
                    self._take(message)
                    some = True
        return some

    def look_to_end(self) -> None:
        """Reads all that stands on the topics now."""
        ends = self.ends((AGGREGATE_CHANGELOG, *_OUTPUTS))
        while any(self._next[place] < end for place, end in ends.items()):
            self.look()

    def ends(self, topics: Sequence[str]) -> dict[tuple[str, int], int]:
        """Where each partition of some topics ends. Raises KafkaException where the broker stays away."""
        wanted = {
            TopicPartition(self._prefix + topic, number): OffsetSpec.latest()
            for topic in topics
            for number in range(self._partitions)
        }
        for attempts_left in reversed(range(_ATTEMPTS)):
            if self._admin is None:
                self._admin = AdminClient({"bootstrap.servers": self._bootstrap, "log_level": 0, "broker.address.family": "v4"})
            found = self._admin.list_offsets(wanted, request_timeout=_ANSWER_SECONDS)
            try:
                return {
                    (place.topic.removeprefix(self._prefix), place.partition): each.result().offset for place, each in found.items()
                }
            except KafkaException:
                # It holds leaders from before a restart, and may not let go of them: a client anew.
                self._admin = None
                if not attempts_left:
                    raise
                time.sleep(_AGAIN_SECONDS)
        raise AssertionError

    def folded(self) -> bool:
        """Whether every document on the sources is in a committed turn, and whatever was committed is published."""
        if self.look():
            # More may be on its way: a broker is not asked for every turn that is seen to pass.
            return False
        for (topic, partition), end in self.ends(SOURCES).items():
            head = self.heads.get(partition)
            if end and (head is None or head.positions.get(topic, 0) < end):
                return False
        return self.committed <= set(self.published)

    def seen(self) -> int:
        """How much has come of the workers so far: turns that were committed, and records that were published."""
        return sum(map(len, self.turns.values())) + len(self.published)

    def turns_done(self) -> int:
        """How many turns were committed, over all partitions."""
        self.look()
        return sum(len(turns) for turns in self.turns.values())

    def values(self, topic: str) -> list[Any]:
        """What was published to a topic, decoded, every copy."""
        return [json.loads(each.value) for each in self.published if each.topic == topic]

    def latest(self, topic: str, key: Callable[[Any], Any]) -> dict[Any, Any]:
        """The latest value by key: that of the highest sequence (docs/guarantees.md)."""
        found: dict[Any, tuple[str, Any]] = {}
        for each in self.published:
            if each.topic == topic:
                value = json.loads(each.value)
                if key(value) not in found or found[key(value)][0] < each.sequence:
                    found[key(value)] = (each.sequence, value)
        return {where: value for where, (_, value) in found.items()}

    def _take(self, message: Message) -> None:
        topic, partition = str(message.topic()).removeprefix(self._prefix), int(message.partition() or 0)
        self._next[topic, partition] = int(message.offset() or 0) + 1
        key, value = message.key(), message.value()
        if topic == AGGREGATE_CHANGELOG:
            self._take_change(partition, key, value)
            return
        headers = [(name, data.encode() if isinstance(data, str) else data) for name, data in message.headers() or []]
        self.published.append(published(topic, partition, headers, bytes(value)))

    def _take_change(self, partition: int, key: bytes, value: bytes) -> None:
        if key == FENCE:
            self.fences[partition] += 1
        elif key == HEAD:
            head = decode_head(value)
            self.heads[partition] = head
            self.turns[partition].append(head.turn)
        elif key.startswith(b"~out/"):
            for topic, entries in decode_outputs(value)[1].items():
                name, to = place_of(topic, partition)
                for record in read_back(entries):
                    self.committed.add(published(name, to, record.headers, record.value or b""))
