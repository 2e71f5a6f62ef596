"""A broker that hangs holds up the delivery of the partitions that it leads, and of no others (spec 4.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

import pytest

from agents.delivery import delivery as delivery_module
from agents.delivery.again import Again
from agents.delivery.delivery import Delivery
from agents.delivery.giving import Giving
from agents.delivery.settings import DeliverySettings
from agents.ownership.ownership import Ownership
from agents.ownership.takeover import OwnershipSettings, Takeover
from agents.readiness import Readiness, ReadinessSettings
from agents.turns.committer import Committer, no_probe
from agents.turns.shard import Shard
from broker.client.fetch import Fetched
from broker.client.offsets import Place
from broker.client.produce import Identity, Producer
from broker.wire.records import Record
from sinks.sink import Answer, Taken, Tried, untold
from streams.consumer.turn_consumer import Arrived
from streams.topics import DELIVER_CHANGELOG, GIFTS
from tables.commit_log import CommitLog
from tables.partition import PartitionTable
from tests.broker.client.fake_client import FakeClient, in_a_loop

HUNG, WELL = 1, 2
SETTINGS = DeliverySettings(turn_records=2, record_bytes=1000, retry_seconds=0.5, most_retry_seconds=3.0)
_WAIT_SECONDS = 30


class Given:
    """A sink that keeps what it is given."""

    by_message = False

    def __init__(self) -> None:
        self.items: list[str] = []

    async def look(self) -> None:
        """There is nothing to see."""

    async def give(self, items: Sequence[str], tried: Tried = untold) -> list[Answer]:
        self.items += items
        return [Taken.NOW for _ in items]

    async def close(self) -> None:
        """Nothing is held."""


class Run:
    """Two partitions of one worker, put together as a worker does; the changelog of 0 is led by one broker, that of 1 by another."""

    def __init__(self) -> None:
        self.client = FakeClient({(DELIVER_CHANGELOG, 0): HUNG, (DELIVER_CHANGELOG, 1): WELL})
        self.sink = Given()
        self.read: dict[Place, int] = {}
        client: Any = self.client
        self.committer = Committer(Producer(client, _WAIT_SECONDS), Identity(2, 0), "", 1_000, 0.0, self._tell, None, no_probe)
        owned = OwnershipSettings("", DELIVER_CHANGELOG, (GIFTS,), (), {}, 1, _WAIT_SECONDS, ())
        readiness = Readiness(ReadinessSettings(30, 60, 5), lambda topic, partition: None, lambda: 0.0)
        self.ownership = Ownership(
            cast("Takeover", None), self.committer, owned, self._open, self._shut, self._fail, lambda: 1, _WAIT_SECONDS, readiness
        )  # fmt: skip
        for partition in (0, 1):
            log = CommitLog(DELIVER_CHANGELOG, partition, Identity(1, 0), 0)
            self.ownership.shards[partition] = Shard(PartitionTable(partition, {}, 1), log, {GIFTS: 0})
        self._arrivals: asyncio.Queue[Arrived] = asyncio.Queue()
        self.took = 0
        decode = {GIFTS: lambda value, most: (value or b"").decode()}
        delivery = Delivery(
            self.ownership,
            self.committer,
            Giving("test", self.sink, SETTINGS, no_probe),
            decode,
            SETTINGS,
            self._took,
            lambda: 1,
            Again(self._connect, "", decode, SETTINGS, _WAIT_SECONDS),
        )
        self._tasks = [
            asyncio.create_task(work) for work in (self.committer.run(), delivery.run(self._stream()), delivery.catch_up())
        ]

    def arrive(self, partition: int, first: int, last: int) -> None:
        """Records from offset `first` up to `last`, each named by its place, as one arrival."""
        records = [Record(offset, 0, None, f"{partition}/{offset}".encode(), []) for offset in range(first, last)]
        self._arrivals.put_nowait(Arrived(1, [Fetched(GIFTS, partition, first, records, last, last)]))

    def delivered(self, partition: int) -> int:
        """How many of a partition are committed."""
        shard = self.ownership.shards[partition]
        return shard.positions[GIFTS] if not shard.unpublished() else -1

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(_WAIT_SECONDS):
            while not condition():
                for task in self._tasks:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.01)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _open(self, positions: dict[Place, int]) -> None:
        self.read |= positions

    def _shut(self, places: Sequence[Place]) -> None:
        self.read |= dict.fromkeys(places, -1)

    async def _connect(self) -> Any:
        raise AssertionError("nothing is read again")

    def _took(self) -> None:
        self.took += 1

    async def _tell(self, positions: dict[Place, int]) -> None:
        """There is no group."""

    def _fail(self, error: BaseException) -> None:
        raise error

    async def _stream(self) -> AsyncIterator[Arrived]:
        while True:
            yield await self._arrivals.get()


@in_a_loop
async def _others_go_on_and_it_catches_up() -> None:
    run = Run()
    run.client.hung = {HUNG}
    # More than one turn: one is under way, one waits, and there is no room for a third.
    run.arrive(0, 0, 9)
    for first in (0, 5, 10):
        run.arrive(1, first, first + 5)
    await run.until(lambda: run.delivered(1) == 15)
    assert run.took >= 1 and run.delivered(0) == -1
    # It is read no further meanwhile, so that what waits does not grow.
    assert run.read[GIFTS, 0] == -1

    run.client.leads = dict.fromkeys(run.client.leads, WELL)
    run.client.woken.set()
    await run.until(lambda: run.delivered(0) == 9)
    await run.until(lambda: run.read[GIFTS, 0] == 9)
    assert sorted(run.sink.items) == sorted([f"0/{number}" for number in range(9)] + [f"1/{number}" for number in range(15)])
    run.close()


def test_others_go_on_and_it_catches_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "_CATCH_UP_SECONDS", 0.01)
    _others_go_on_and_it_catches_up()
