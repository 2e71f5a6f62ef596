"""One partition's aggregation on the embedded broker, put together as a worker does: orders in, turn by turn, and what it put out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import confluent_kafka
from aiokafka.client import AIOKafkaClient

from agents.aggregate import Aggregation
from agents.ownership.ownership import Ownership
from agents.ownership.takeover import OwnershipSettings, Takeover
from agents.readiness import Readiness, ReadinessSettings
from agents.turns.committer import Committer, Credits, no_probe
from agents.turns.shard import Shard
from agents.turns.watermark import BrokerTime, Quiet
from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.fence import acquire
from broker.client.fetch import Fetched, Fetcher
from broker.client.offsets import EARLIEST, LATEST, leaders, offsets
from broker.client.produce import Producer, settled
from broker.wire.records import Record
from streams.consumer.turn_consumer import Arrived
from streams.definitions import Definitions
from streams.topics import AGGREGATE_CHANGELOG, DEFINITIONS, GIFTS, LEVELS, POS_ORDERS, SOURCES, THRESHOLDS
from tests.folding import KEEP_ORDERS_MS, SETTINGS, rulebook_of
from tests.oracle.examples import at, order, program, spend
from tests.tables.test_partition import NOON_MS

PREFIX = "t."
PARTITION = 0
_WAIT_SECONDS = 30
_PAUSE_SECONDS = 0.005


def document(number: int) -> bytes:
    """An order that earns its member a grant."""
    return json.dumps(order(f"o{number}", at(1), ("x", 1, 100), member_id=f"m{number}")).encode()


def place(servers: str, orders: int) -> None:
    """Has the orders stand on their feed, which is looked at when the partition is taken over."""
    feed = confluent_kafka.Producer({"bootstrap.servers": servers, "log_level": 0})
    for number in range(orders):
        feed.produce(PREFIX + POS_ORDERS, document(number), partition=PARTITION)
    assert feed.flush(_WAIT_SECONDS) == 0


class Always:
    """Definitions that do not change."""

    rulebook = rulebook_of([program(), spend()])

    async def fresh(self, within_seconds: float) -> None:
        """They are."""


class Flow:
    """A worker's parts, without its consumer group: `arrive` hands over what would have been fetched."""

    def __init__(
        self,
        client: AIOKafkaClient,
        ownership: Ownership,
        committer: Committer,
        shard: Shard,
        definitions: Definitions,
        broker_time: BrokerTime,
    ) -> None:
        self.shard = shard
        self.ownership = ownership
        self.client = client
        # What is known to be quiet, by source: nothing, unless a test says so. Nothing is swept unless a test does.
        self.quiet: dict[str, Quiet] = {}
        self._arrivals: asyncio.Queue[Arrived] = asyncio.Queue()
        self.took = 0
        ownership.shards[PARTITION] = shard
        self.aggregation = Aggregation(
            ownership, committer, definitions, SETTINGS, self._took, lambda topic, partition: self.quiet.get(topic), broker_time
        )
        self.committing = asyncio.create_task(committer.run())
        self.folding = asyncio.create_task(self.aggregation.run(self._stream()))
        self.folding_left = asyncio.create_task(self.aggregation.fold_left())

    def arrive(self, first: int, last: int) -> None:
        """Orders from offset `first` up to `last`, each an arrival of its own."""
        for offset in range(first, last):
            self.arrive_one(offset, document(offset))

    def arrive_one(self, offset: int, value: bytes, now_ms: int = NOON_MS) -> None:
        """A document, appended then."""
        self.arrive_together(offset, [value], now_ms)

    def arrive_together(self, first: int, values: Sequence[bytes], now_ms: int = NOON_MS) -> None:
        """Documents from offset `first` on, in one fetch."""
        records = [Record(offset, now_ms, None, value, []) for offset, value in enumerate(values, first)]
        end = first + len(records)
        self._arrivals.put_nowait(Arrived(1, [Fetched(PREFIX + POS_ORDERS, PARTITION, first, records, end, end)]))

    async def arrive_until_full(self, last: int) -> None:
        """The same, each in a turn of its own, until the ring is full; the others wait."""
        for offset in range(last):
            if not self.shard.may_seal():
                self.arrive(offset, last)
                break
            self.arrive(offset, offset + 1)
            await self.until(lambda: self.took > offset and not self.shard.in_hand())  # noqa: B023
        await self.until(lambda: self.took == last)

    def is_settled(self, took: int) -> bool:
        """Whether so many arrivals were taken, and all that came of them is published."""
        shard = self.shard
        is_folded = self.took == took and not shard.busy() and not shard.in_hand()
        return is_folded and shard.published_through == shard.table.head.turn

    async def grants(self) -> list[str]:
        """The ids of the grants on the topic, in their order."""
        fetcher = Fetcher(self.client, 1 << 20, 1 << 20)
        place = (PREFIX + GIFTS, PARTITION)
        position = (await offsets(self.client, [place], EARLIEST))[place]
        end = (await offsets(self.client, [place], LATEST))[place]
        found: list[str] = []
        while position < end:
            (node,) = leaders(self.client, [place])
            for part in await fetcher.fetch(node, {place: position}, 100):
                found += [json.loads(record.value or b"")["grant_id"] for record in part.records]
                position = part.next_offset
        return found

    async def until(self, condition: Any) -> None:
        """Waits until it holds; fails at once where a part of the worker has failed."""
        async with asyncio.timeout(_WAIT_SECONDS):
            while not condition():
                for task in (self.committing, self.folding, self.folding_left):
                    if task.done():
                        task.result()
                await asyncio.sleep(_PAUSE_SECONDS)

    def _took(self) -> None:
        self.took += 1

    async def _stream(self) -> AsyncIterator[Arrived]:
        while True:
            yield await self._arrivals.get()


@asynccontextmanager
async def flow(
    servers: str,
    credits: Credits | None,
    definitions: Callable[[AIOKafkaClient], Definitions] = lambda _: cast("Definitions", Always()),
    broker_time: BrokerTime | None = None,
) -> AsyncIterator[Flow]:
    """Takes the partition over, works, and is gone at the end as a killed worker is: nothing is finished."""
    client = await open_client(Connection(servers), "test")
    topics: Sequence[str] = (*SOURCES, AGGREGATE_CHANGELOG, DEFINITIONS, GIFTS, LEVELS, THRESHOLDS)
    await settled(client, [PREFIX + topic for topic in topics])
    producer = Producer(client, _WAIT_SECONDS)

    async def told(positions: dict[tuple[str, int], int]) -> None:
        """There is no group."""

    def failed(error: BaseException) -> None:
        raise error

    committer = Committer(
        producer, await acquire(client, None, _WAIT_SECONDS), PREFIX, 1 << 20, 0.0, told, credits, no_probe
    )  # fmt: skip
    owned = OwnershipSettings(PREFIX, AGGREGATE_CHANGELOG, SOURCES, (), {}, KEEP_ORDERS_MS, _WAIT_SECONDS, ())
    takeover = Takeover(client, producer, owned, no_probe)
    readiness = Readiness(ReadinessSettings(30, 60, 5), lambda topic, partition: None, lambda: 0.0)
    ownership = Ownership(
        takeover, committer, owned, lambda positions: None, lambda places: None, failed, lambda: 1, _WAIT_SECONDS, readiness
    )
    made: Flow | None = None
    try:
        shard, unpublished = await takeover.take(PARTITION)
        await committer.publish_again(shard, unpublished)
        made = Flow(client, ownership, committer, shard, definitions(client), broker_time or BrokerTime())
        yield made
    finally:
        tasks = [] if made is None else [made.committing, made.folding, made.folding_left]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(BaseException):
                await task
        await client.close()
