"""The topics of a run: made, read to their end, deleted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from benchmarks.load import FEEDS

PARTITIONS = 8
TIMEOUT_SECONDS = 30
# As many as are read at once, where they come within so long.
MESSAGES = 10_000
STEP_SECONDS = 0.2
# What a partition's leader says that has not taken it up yet.
NOT_YET = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.UNKNOWN_LEADER_EPOCH)


# What tells one grant from another: its activity, its member, and its ordinal or level (spec 2.4, 2.8).
Identity = tuple[str, str, int | str | None]


class GrantFields(msgspec.Struct, gc=False):
    """What the measurements need of a grant (spec 6); the peers' records name no activity."""

    grant_id: str
    member_id: str
    order_id: str | None
    ordinal: int | None = None
    level: str | None = None
    activity: str = ""

    @property
    def identity(self) -> Identity:
        """What tells it from other grants, whatever its id looks like."""
        return (self.activity, self.member_id, self.ordinal or self.level)


@dataclass(frozen=True, slots=True)
class Gift:
    """A gift as the broker has it: when it was appended there, in epoch ms, and what it says."""

    appended_ms: int
    grant: GrantFields


decode_grant = msgspec.json.Decoder(GrantFields).decode


# One clock that no engine can choose.
STAMPED_BY_BROKER = ("message.timestamp.type", "LogAppendTime")


def create_feeds_and_gifts(brokers: str, prefix: str) -> None:
    """The peers' topics, as Tidemark's are."""
    names = [*(f"{prefix}{feed}.orders" for feed in FEEDS), f"{prefix}gifts"]
    config = dict([STAMPED_BY_BROKER])
    new = [NewTopic(name, num_partitions=PARTITIONS, replication_factor=1, config=config) for name in names]
    # Kept in a name: a client that is let go of drops what it was asked for.
    admin = AdminClient({"bootstrap.servers": brokers})
    for future in admin.create_topics(new).values():
        future.result(TIMEOUT_SECONDS)


def stamp_gifts_by_broker(brokers: str, prefix: str) -> None:
    """For gifts topics that an engine has made itself."""
    entry = ConfigEntry(*STAMPED_BY_BROKER, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, f"{prefix}gifts", incremental_configs=[entry])
    admin = AdminClient({"bootstrap.servers": brokers})
    for future in admin.incremental_alter_configs([resource]).values():
        future.result(TIMEOUT_SECONDS)


def delete_all(brokers: str, prefix: str) -> None:
    """Deletes every topic of a run, so that the next finds the disk and the page cache alike."""
    admin = AdminClient({"bootstrap.servers": brokers})
    names = [name for name in admin.list_topics(timeout=TIMEOUT_SECONDS).topics if name.startswith(prefix)]
    for future in admin.delete_topics(names).values() if names else ():
        future.result(TIMEOUT_SECONDS)


class GiftReader:
    """Reads the gifts of one run, and asks how many there are without reading them."""

    def __init__(self, brokers: str, prefix: str) -> None:
        self._prefix = prefix
        self._topic = f"{prefix}gifts"
        settings = {
            "bootstrap.servers": brokers,
            "group.id": f"{prefix}reader",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            # Answers as soon as there is a byte; the longest wait is for none.
            "fetch.wait.max.ms": 100,
            # Transactions leave marks among the records, so that offsets do not tell how many there are: the end is told by itself.
            "enable.partition.eof": True,
        }
        self.consumer = Consumer(settings)

    def count(self) -> int:
        """How many gifts have been appended, the marks of transactions among them."""
        partitions = [TopicPartition(self._topic, partition) for partition in range(PARTITIONS)]
        return sum(self._end(each) for each in partitions)

    def appended(self) -> Counter[str]:
        """How many records every topic of the run has, by its name without the prefix."""
        found: Counter[str] = Counter()
        for name, topic in self.consumer.list_topics(timeout=TIMEOUT_SECONDS).topics.items():
            if name.startswith(self._prefix):
                for partition in topic.partitions:
                    found[name.removeprefix(self._prefix)] += self._end(TopicPartition(name, partition))
        return found

    def _end(self, place: TopicPartition) -> int:
        """Of a partition; a busy broker may not lead at once what was just made, and is asked again."""
        give_up_at = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                return int(self.consumer.get_watermark_offsets(place, timeout=TIMEOUT_SECONDS)[1])
            except KafkaException as error:
                if time.monotonic() > give_up_at or error.args[0].code() not in NOT_YET:
                    raise
                time.sleep(STEP_SECONDS)

    def read(self) -> Iterator[Gift]:
        """Every gift that is committed up to now, a partition's in order."""
        left, since = set(range(PARTITIONS)), time.monotonic()
        self.assign_from_start()
        while left:
            messages = self.consumer.consume(MESSAGES, timeout=STEP_SECONDS)
            if messages:
                since = time.monotonic()
            elif time.monotonic() - since > TIMEOUT_SECONDS:
                raise RuntimeError(f"{self._topic} has gifts that do not come")
            for message in messages:
                error = message.error()
                if error is None:
                    yield Gift(message.timestamp()[1], decode_grant(message.value()))
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition())
                else:
                    raise RuntimeError(f"cannot read {self._topic}: {error}")

    def assign_from_start(self) -> None:
        """Takes all partitions from their first offset."""
        self.consumer.assign([TopicPartition(self._topic, partition, 0) for partition in range(PARTITIONS)])

    def close(self) -> None:
        """Closes the consumer."""
        self.consumer.close()
