"""What was told of the many on a topic: waited for until it is all there, each once."""

from __future__ import annotations

import re
import time

from confluent_kafka import Consumer, TopicPartition

from benchmarks.at_once.scenario import PREFIX
from benchmarks.topics import MESSAGES, PARTITIONS
from benchmarks.worker import Worker

# A million on a machine that has other things to do.
ALL_TOLD_SECONDS = 300
_STEP_SECONDS = 0.5
_TIMEOUT_SECONDS = 10.0
# Of a dead letter it is the key that says whose it is.
_WHOSE = re.compile(rb'"(?:member_id|key)":"(' + PREFIX.encode() + rb'\d+)"')


class Told:
    """What is told of the many from now on."""

    def __init__(self, brokers: str, prefix: str, topic: str) -> None:
        self._topic = f"{prefix}{topic}"
        self._consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"{prefix}told", "enable.auto.commit": False})
        self._places = [TopicPartition(self._topic, partition) for partition in range(PARTITIONS)]
        for place in self._places:
            place.offset = self._consumer.get_watermark_offsets(place, _TIMEOUT_SECONDS)[1]

    def last_of(self, members: int, worker: Worker) -> float:
        """Waits until it was told of so many; when it was of the last (epoch seconds). Raises RuntimeError where it is told of one
        twice, or of too few.
        """
        self._consumer.assign(self._places)
        until, last_ms = time.monotonic() + ALL_TOLD_SECONDS, 0
        seen: set[bytes] = set()
        while len(seen) < members:
            if time.monotonic() > until:
                raise RuntimeError(f"{self._topic} tells of {len(seen):,} members, of {members:,}")
            worker.must_run()
            for message in self._consumer.consume(MESSAGES, timeout=_STEP_SECONDS):
                if message.error():
                    raise RuntimeError(f"cannot read {self._topic}: {message.error()}")
                whose = _WHOSE.search(message.value())
                if whose is None:
                    continue
                if whose[1] in seen:
                    raise RuntimeError(f"{self._topic} tells of {whose[1]!r} twice")
                seen.add(whose[1])
                last_ms = max(last_ms, message.timestamp()[1])
        return last_ms / 1000

    def close(self) -> None:
        """Closes the consumer."""
        self._consumer.close()
