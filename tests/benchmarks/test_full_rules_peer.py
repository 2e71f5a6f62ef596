"""The full rules in Kafka Streams: the peer does the work that it is measured by, and is killed in the middle of it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from benchmarks.engines import IN_MEMORY, ROCKSDB, FullRulesPeer
from benchmarks.feed import PARTITIONER, pile_up
from benchmarks.load import Shape, documents
from benchmarks.pipeline_oracle import outcome_of
from benchmarks.places import DEFINITIONS
from benchmarks.topics import PARTITIONS, GiftReader, stamp_gifts_by_broker
from benchmarks.worker import Worker, running
from devtools.kafka import Kafka
from tests.oracle.compare import dead_letter_differences, grant_differences

ORDERS = 5_000
WAIT_SECONDS = 120
# Short, so that whoever comes after a kill need not wait long for the partitions.
SESSION = ("SESSION_MS", "2000")
# Of so few orders the second compiler would take more time than it saves.
QUICK_START = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1"}


@pytest.mark.parametrize("peer", [IN_MEMORY, ROCKSDB], ids=["memory", "rocksdb"])
def test_killed_in_mid_flow_it_gives_what_the_oracle_says_each_once(
    peer: FullRulesPeer, kafka: Kafka, prefix: str, tmp_path: Path
) -> None:
    engine = replace(peer, settings=(*peer.settings, SESSION))
    load = documents(Shape(datetime.now(UTC), members=250, duplicates=0.02, refunds=0.02), ORDERS)
    owed = outcome_of(load, DEFINITIONS)
    engine.prepare(kafka.bootstrap, prefix)
    stamp_gifts_by_broker(kafka.bootstrap, prefix)
    pile_up(Producer({"bootstrap.servers": kafka.bootstrap, **PARTITIONER}), prefix, load)
    reader = GiftReader(kafka.bootstrap, prefix)
    environment = {**engine.environment(kafka.bootstrap, prefix), "STATE_DIR": str(tmp_path / "state"), **QUICK_START}
    try:
        with running(engine.command(), environment, tmp_path / "killed.log") as worker:
            # The marks of transactions count as gifts, so this is somewhat sooner than it says.
            _until(worker, lambda: reader.count() >= len(owed.grants) // 3)
            os.killpg(worker.pid, signal.SIGKILL)
        assert _ids(reader) < owed.grants.keys()
        with running(engine.command(), environment, tmp_path / "next.log") as worker:
            _until(worker, lambda: _ids(reader) >= owed.grants.keys())
    finally:
        reader.close()

    gifts = _committed(kafka.bootstrap, f"{prefix}gifts")
    # The feeds are read side by side: which of a member's orders reached a threshold first may differ.
    assert grant_differences(owed, gifts, order_may_differ=True) == []
    assert [times for times in Counter(gift["grant_id"] for gift in gifts).values() if times > 1] == []
    held = {(row["program"], row["member_id"]): row["level"] for row in _committed(kafka.bootstrap, f"{prefix}levels")}
    assert {where: level for where, level in held.items() if level} == {
        where: level for where, level in owed.levels.items() if level
    }
    letters = _committed(kafka.bootstrap, f"{prefix}dead-letters")
    assert dead_letter_differences(owed, [(letter["reason"], letter["raw"].encode()) for letter in letters]) == []


def _ids(reader: GiftReader) -> set[str]:
    """Of the gifts that are committed."""
    return {gift.grant.grant_id for gift in reader.read()}


def _until(worker: Worker, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not done():
        assert time.monotonic() < deadline
        worker.must_run()
        time.sleep(0.05)


def _committed(brokers: str, topic: str) -> list[dict[str, Any]]:
    """What a reader of committed records gets, a partition's in order."""
    settings = {"bootstrap.servers": brokers, "group.id": topic, "enable.auto.commit": False, "enable.partition.eof": True}
    consumer = Consumer(settings | {"isolation.level": "read_committed"})
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
    found, left = [], set(range(PARTITIONS))
    while left:
        message = consumer.poll(WAIT_SECONDS)
        assert message is not None
        if (error := message.error()) is None:
            found.append(json.loads(message.value()))
        else:
            assert error.code() == KafkaError._PARTITION_EOF, error
            left.discard(message.partition())
    consumer.close()
    return found
