"""Puts documents on the two feeds."""

from __future__ import annotations

import os
from collections.abc import Sequence

from aiokafka.partitioner import murmur2
from confluent_kafka import Producer

from benchmarks.load import FEEDS, Document
from benchmarks.topics import PARTITIONS
from benchmarks.worker import BROKER_CORE

BATCH = 20_000
FLUSH_SECONDS = 120
# A Java client's choice of partition, which is what "keyed right" means (spec 1.3).
PARTITIONER = {"partitioner": "murmur2_random"}


def partition_of(member_id: str) -> int:
    """The partition that Java clients put the member on."""
    return int((murmur2(member_id.encode()) & 0x7FFFFFFF) % PARTITIONS)


def bulk_producer(brokers: str) -> Producer:
    """A producer for throughput, on any core: its threads keep the cores of the thread that makes it."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    producer = Producer(
        {
            "bootstrap.servers": brokers,
            **PARTITIONER,
            "linger.ms": 20,
            "batch.size": 1 << 20,
            "queue.buffering.max.messages": 2_000_000,
            "queue.buffering.max.kbytes": 1 << 21,
        }
    )
    os.sched_setaffinity(0, {BROKER_CORE})
    return producer


def pile_up(producer: Producer, prefix: str, documents: Sequence[Document]) -> None:
    """Produces all of them, as fast as it goes, and returns when the broker has them."""
    for start in range(0, len(documents), BATCH):
        batch = documents[start : start + BATCH]
        for feed in FEEDS:
            messages = [{"key": each.member_id, "value": each.value} for each in batch if each.feed == feed]
            taken = producer.produce_batch(f"{prefix}{feed}.orders", messages)
            if taken != len(messages):
                raise RuntimeError(f"the producer took {taken} of {len(messages)} documents")
        producer.poll(0)
    left = producer.flush(FLUSH_SECONDS)
    if left:
        raise RuntimeError(f"{left} documents not acknowledged after {FLUSH_SECONDS} s")
