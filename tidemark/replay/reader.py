"""Reads what a replay puts out: every record of its topics, in the order of each partition, none missing."""

from __future__ import annotations

from collections.abc import Callable

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.topics import GIFTS, RELEASES
from tidemark.replay.asking import committed, end_of, passes
from tidemark.replay.outputs.table import READ_TOPICS
from tidemark.settings.settings import Settings

_RECORDS_A_POLL = 5_000
_MAX_MESSAGE_BYTES = 16 * 1024 * 1024

# Told of each record: its topic (short name) and its value.
Take = Callable[[str, bytes], None]


def reader_group(settings: Settings) -> str:
    """The consumer group in which the reader of a replay says how far it is."""
    return f"{settings.prefix}reader"


def delivery_group(settings: Settings) -> str:
    """The consumer group of the delivery workers."""
    return f"{settings.prefix}deliver"


def delivered_through(settings: Settings, partitions: int) -> bool:
    """Whether the delivery has committed all that stands on `gifts` and `releases` now."""
    consumer = Consumer({**settings.connection().confluent(), "group.id": delivery_group(settings)})
    try:
        places = [TopicPartition(settings.prefix + topic, number) for topic in (GIFTS, RELEASES) for number in range(partitions)]
        # Where nothing is committed the offset is below 0.
        return all(max(0, each.offset) >= end_of(consumer, each) for each in committed(consumer, places))
    finally:
        consumer.close()


class Missing(Exception):
    """The broker dropped records before they were read: the run is not exact, and fails."""


class ReplayReader:
    """Gives each record, with its topic's short name; says in its group how far it is."""

    def __init__(self, settings: Settings, group: str, partitions: int, take: Take) -> None:
        self._prefix = settings.prefix
        self._take = take
        self._consumer = Consumer(
            {
                **settings.connection().confluent(),
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": 20,
                "max.partition.fetch.bytes": _MAX_MESSAGE_BYTES,
                "fetch.message.max.bytes": _MAX_MESSAGE_BYTES,
                "allow.auto.create.topics": True,
            }
        )
        self._next = {(self._prefix + topic, partition): 0 for topic in READ_TOPICS for partition in range(partitions)}
        self._consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in self._next])

    def poll(self, wait_seconds: float) -> int:
        """Takes what has come, waiting a little for it; how many records. Raises Missing."""
        messages = self._consumer.consume(_RECORDS_A_POLL, timeout=wait_seconds)
        told: dict[tuple[str, int], int] = {}
        for message in messages:
            if (error := message.error()) is not None:
                if passes(error):
                    continue
                raise KafkaException(error)
            place = (message.topic() or "", message.partition() or 0)
            offset, value = message.offset(), message.value()
            if offset != self._next[place]:
                raise Missing(f"{place[0]}/{place[1]}: offset {self._next[place]} was dropped before it was read ({offset} came)")
            self._next[place] = told[place] = offset + 1
            assert value is not None
            self._take(place[0].removeprefix(self._prefix), value)
        if told:
            self._consumer.commit(offsets=[TopicPartition(*place, offset) for place, offset in told.items()], asynchronous=True)
        return len(messages)

    def at_end(self) -> bool:
        """Whether all that stands on the topics now has been taken."""
        return all(end_of(self._consumer, TopicPartition(*place)) <= offset for place, offset in self._next.items())

    def close(self) -> None:
        """Ends the reading."""
        self._consumer.close()
