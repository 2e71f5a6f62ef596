"""Topics copied record by record from one Kafka to another, as a mirror does it: what stands there has other offsets."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from confluent_kafka import Consumer, Message, Producer, TopicPartition

_TIMEOUT_SECONDS = 30.0
_CLIENT = {"log_level": 0, "broker.address.family": "v4"}


class Mirror:
    """Copies keys, values, headers and timestamps."""

    def __init__(self, from_: str, to: str) -> None:
        """host:port of either."""
        self._from = from_
        self._producer = Producer(_CLIENT | {"bootstrap.servers": to, "enable.idempotence": True, "message.max.bytes": 16 * 2**20})

    def put(self, topic: str, partition: int, value: bytes, key: bytes | None = None) -> None:
        """A record that is no copy."""
        self._producer.produce(topic, value, key, partition)
        assert self._producer.flush(_TIMEOUT_SECONDS) == 0

    def copy(self, topic: str, partitions: int, *, last: int | None = None, but: int = 0) -> None:
        """Copies a topic's partitions to their ends, but for the last `but` records; of the others the last `last` only."""
        for partition in range(partitions):
            records = list(self._read(topic, partition))
            records = records[: len(records) - but]
            for record in records if last is None else records[-last:]:
                self._produce(record)
        assert self._producer.flush(_TIMEOUT_SECONDS) == 0

    def copy_last(self, topic: str, partitions: int) -> None:
        """Copies the last record of each partition."""
        for partition in range(partitions):
            for record in list(self._read(topic, partition))[-1:]:
                self._produce(record)
        assert self._producer.flush(_TIMEOUT_SECONDS) == 0

    def _produce(self, record: Message) -> None:
        self._producer.produce(
            str(record.topic()),
            record.value(),
            record.key(),
            record.partition() or 0,
            timestamp=record.timestamp()[1],
            headers=record.headers(),  # type: ignore[arg-type]
        )
        self._producer.poll(0)

    def _read(self, topic: str, partition: int) -> Iterator[Message]:
        consumer = Consumer(_CLIENT | {"bootstrap.servers": self._from, "group.id": uuid.uuid4().hex, "enable.auto.commit": False})
        try:
            _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), _TIMEOUT_SECONDS)
            consumer.assign([TopicPartition(topic, partition, 0)])
            offset = 0
            while offset < end:
                for message in consumer.consume(1_000, 1.0):
                    assert message.error() is None, message.error()
                    offset = (message.offset() or 0) + 1
                    yield message
        finally:
            consumer.close()
