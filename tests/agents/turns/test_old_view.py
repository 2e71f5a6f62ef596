"""A worker whose view of the definitions is older than 5 s folds nothing: others may judge by newer ones (spec 2.5)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import confluent_kafka
import pytest
from aiokafka.client import AIOKafkaClient

from agents import aggregate
from broker.embedded import EmbeddedBroker
from streams import definitions as definitions_module
from streams.definitions import Definitions
from streams.topics import DEFINITIONS, SOURCES
from tests.agents.turns.flow import PREFIX, Flow, flow, place
from tests.oracle.examples import at, program, refund, spend

ORDERS = 2
_LONG_SECONDS = 366 * 24 * 3600.0


class Monotonic:
    """How much time has passed for whoever follows the definitions, as far as a test says so."""

    def __init__(self) -> None:
        self.seconds = 5_000.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Monotonic:
    made = Monotonic()
    monkeypatch.setattr(definitions_module, "time", made)
    return made


@pytest.fixture
def servers() -> Iterator[str]:
    with EmbeddedBroker() as broker:
        place(broker.servers, ORDERS)
        publish(broker.servers, program(), 1)
        yield broker.servers


def publish(servers: str, document: dict[str, Any], version: int) -> None:
    saved = {"kind": document["kind"], "code": document["code"], "version": version, "saved_at_ms": 0, "document": document}
    producer = confluent_kafka.Producer({"bootstrap.servers": servers, "log_level": 0})
    producer.produce(PREFIX + DEFINITIONS, json.dumps(saved).encode(), f"{document['code']}/{version}", 0)
    assert producer.flush(30) == 0


@asynccontextmanager
async def working(servers: str) -> AsyncIterator[tuple[Flow, Definitions]]:
    """A worker that has read the definitions, and that nobody has follow them."""
    made: list[Definitions] = []

    def unfollowed(client: AIOKafkaClient) -> Definitions:
        made.append(Definitions(client, PREFIX + DEFINITIONS))
        return made[0]

    async with flow(servers, None, unfollowed) as running:
        await made[0].read_to_end()
        yield running, made[0]


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Has something go on meanwhile."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def nothing_more_is_done(running: Flow) -> None:
    """However often the loop goes round."""
    turn = running.shard.table.head.turn
    for _ in range(1000):
        await asyncio.sleep(0)
    assert running.shard.table.head.turn == turn


def test_it_waits_until_it_has_heard_and_goes_on_by_what_it_has_heard(servers: str, clock: Monotonic) -> None:
    async def work() -> None:
        async with working(servers) as (running, definitions):
            clock.seconds += 5.0
            running.arrive(0, 1)
            await running.until(lambda: running.shard.positions["pos.orders"] == 1)
            await running.until(lambda: running.shard.published_through == running.shard.table.head.turn)
            # The view grows old: nobody answers who has the definitions.
            clock.seconds += 0.001
            running.arrive(1, ORDERS)
            await running.until(running.shard.busy)
            await nothing_more_is_done(running)
            # Meanwhile something was published, by which others may judge.
            await asyncio.to_thread(publish, servers, spend(), 1)
            await nothing_more_is_done(running)
            async with beside(definitions.follow()):
                await running.until(lambda: running.shard.positions["pos.orders"] == ORDERS)
                await running.until(lambda: running.shard.published_through == running.shard.table.head.turn)
                assert await running.grants() == ["spend/m1/1"]

    asyncio.run(work())


def test_nor_does_anything_fall_due_meanwhile(servers: str, clock: Monotonic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregate, "_SWEEP_SECONDS", 0)

    async def work() -> None:
        async with working(servers) as (running, definitions):
            members = running.shard.table.members
            running.arrive_one(0, json.dumps(refund("r", "never", at(1), ("x", 1, 100))).encode())
            await running.until(lambda: set(members) == {"ann"})
            clock.seconds += 5.001
            # Nothing has come for longer than a refund may wait.
            running.quiet = {topic: (running.shard.positions[topic], time.monotonic() + _LONG_SECONDS) for topic in SOURCES}
            async with beside(running.aggregation.sweep()):
                await nothing_more_is_done(running)
                async with beside(definitions.follow()):
                    await running.until(lambda: not members)

    asyncio.run(work())
