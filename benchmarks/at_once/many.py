"""Very many members, put on their feeds and folded."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from benchmarks.at_once.scenario import Scenario, member_of
from benchmarks.feed import bulk_producer, partition_of
from benchmarks.topics import PARTITIONS
from benchmarks.worker import Worker

_BATCH = 50_000
_FLUSH_SECONDS = 60.0
_WAIT_SECONDS = 0.5
_TIMEOUT_SECONDS = 10.0


def put_many(brokers: str, prefix: str, scenario: Scenario, members: int, instant: datetime, worker: Worker) -> None:
    """Puts a document of each of so many members on its feed, and waits until the worker is through with all."""
    producer = bulk_producer(brokers)
    topics: set[str] = set()
    for start in range(0, members, _BATCH):
        messages: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for number in range(start, min(members, start + _BATCH)):
            member_id = member_of(number)
            topic, document = scenario.document(number, instant)
            value = json.dumps(document).encode()
            messages[topic].append({"key": member_id, "value": value, "partition": partition_of(member_id)})
        for topic, listed in messages.items():
            if producer.produce_batch(f"{prefix}{topic}", listed) != len(listed):
                raise RuntimeError(f"the producer did not take all of {len(listed):,} documents")
        topics |= messages.keys()
        if producer.flush(_FLUSH_SECONDS):
            raise RuntimeError(f"documents were not acknowledged after {_FLUSH_SECONDS} s")
    _await_folded(brokers, prefix, topics, worker)


def _await_folded(brokers: str, prefix: str, topics: Collection[str], worker: Worker) -> None:
    """Waits until the group says that the worker is through with all that is on these topics."""
    group = Consumer({"bootstrap.servers": brokers, "group.id": f"{prefix}aggregate"})
    places = [TopicPartition(f"{prefix}{topic}", partition) for topic in topics for partition in range(PARTITIONS)]
    ends = [group.get_watermark_offsets(place, _TIMEOUT_SECONDS)[1] for place in places]
    while any(each.offset < end for each, end in zip(group.committed(places, _TIMEOUT_SECONDS), ends, strict=True) if end):
        worker.must_run()
        time.sleep(_WAIT_SECONDS)
    group.close()
