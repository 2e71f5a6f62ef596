"""Orders sent at a steady pace, and their gifts taken as they come: one event loop on the broker's core, so both times are of one clock.

It must be light, as the broker has the core too: all that is due goes out in one Produce request every 2 ms, a batch a partition, which
librdkafka (a request a partition) cannot do; and nothing is collected meanwhile, for the load's own objects would stop it for long.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from benchmarks.feed import partition_of
from benchmarks.load import Document
from benchmarks.topics import PARTITIONS, Identity, decode_grant

TICK_SECONDS = 0.002
# Gifts are awaited so long after the last order; an engine that cannot keep up shows there.
AFTER_SECONDS = 3
BATCH_BYTES = 1 << 20


@dataclass(slots=True)
class Flow:
    """What happened; times in seconds of time.perf_counter."""

    began: float
    # How late the generator was with each order, in their order.
    late_seconds: list[float] = field(default_factory=list)
    # When each order was sent, by its id; and of each gift, when its order was and when it came.
    sent: dict[str, float] = field(default_factory=dict)
    gifts: list[tuple[float, float]] = field(default_factory=list)
    seen: set[Identity] = field(default_factory=set)


def run_flow(brokers: str, prefix: str, documents: Sequence[Document], rate: int, *, watched: bool = True) -> Flow:
    """Sends the documents at `rate` a second, and returns a while after the last. `watched`: gifts are taken as they come; else whoever
    asks for them reads afterwards when the broker had them.
    """
    gc.collect()
    gc.disable()
    try:
        return uvloop.run((_flow if watched else _unwatched)(brokers, prefix, documents, rate))
    finally:
        gc.enable()


async def _unwatched(brokers: str, prefix: str, documents: Sequence[Document], rate: int) -> Flow:
    async with AIOKafkaProducer(bootstrap_servers=brokers, max_batch_size=BATCH_BYTES, acks=1) as producer:
        flow = Flow(time.perf_counter())
        await _send(producer, prefix, documents, rate, flow)
    await asyncio.sleep(AFTER_SECONDS)
    return flow


async def _flow(brokers: str, prefix: str, documents: Sequence[Document], rate: int) -> Flow:
    # What is not committed is nobody's gift yet; of an engine without transactions all is.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=brokers, auto_offset_reset="earliest", enable_auto_commit=False, isolation_level="read_committed"
    )
    producer = AIOKafkaProducer(bootstrap_servers=brokers, max_batch_size=BATCH_BYTES, acks=1)
    async with producer, consumer:
        places = [TopicPartition(f"{prefix}gifts", partition) for partition in range(PARTITIONS)]
        consumer.assign(places)
        # What stands there by now is no order's of these.
        await consumer.seek_to_end()
        for place in places:
            await consumer.position(place)
        flow = Flow(time.perf_counter())
        receiving = asyncio.create_task(_receive(consumer, flow))
        await _send(producer, prefix, documents, rate, flow)
        await asyncio.wait([receiving], timeout=AFTER_SECONDS)
        receiving.cancel()
        # What it ended with, unless it was we who ended it.
        await asyncio.gather(receiving, return_exceptions=receiving.cancelling() > 0)
    return flow


async def _send(producer: AIOKafkaProducer, prefix: str, documents: Sequence[Document], rate: int, flow: Flow) -> None:
    """One request at a time: while it is on its way, what is due gathers for the next."""
    feeds = [(f"{prefix}{document.feed}.orders", partition_of(document.member_id)) for document in documents]
    following = 0
    # To find the feeds took a while.
    flow.began = time.perf_counter()
    while following < len(documents):
        now = time.perf_counter()
        due = min(len(documents), int((now - flow.began) * rate) + 1)
        batches: dict[tuple[str, int], list[Document]] = {}
        for index in range(following, due):
            batches.setdefault(feeds[index], []).append(documents[index])
            flow.sent[documents[index].order_id] = now
            flow.late_seconds.append(now - flow.began - index / rate)
        following = due
        acknowledged = []
        for (topic, partition), batch in batches.items():
            builder = producer.create_batch()
            for document in batch:
                builder.append(key=document.member_id.encode(), value=document.value, timestamp=None)
            acknowledged.append(await producer.send_batch(builder, topic, partition=partition))
        await asyncio.gather(*acknowledged)
        await asyncio.sleep(max(0.0, now + TICK_SECONDS - time.perf_counter()))


async def _receive(consumer: AIOKafkaConsumer, flow: Flow) -> None:
    async for message in consumer:
        now = time.perf_counter()
        grant = decode_grant(message.value)
        flow.gifts.append((flow.sent[grant.order_id or ""], now))
        flow.seen.add(grant.identity)
