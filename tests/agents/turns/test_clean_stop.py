"""A worker that is stopped, at whatever moment, leaves nothing that whoever comes after it would publish again (spec 6)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from agents.ownership.ownership import NotLetGo, Ownership
from agents.ownership.takeover import OwnershipSettings
from agents.readiness import Readiness, ReadinessSettings
from broker.client.produce import Write
from broker.embedded import EmbeddedBroker
from tables.layout import RING
from tests.agents.turns.flow import Flow, flow, place

ORDERS = 3 * RING


@pytest.fixture
def servers() -> Iterator[str]:
    with EmbeddedBroker() as broker:
        place(broker.servers, ORDERS)
        yield broker.servers


class Gate:
    """Room at the readers for a number of writes, and for more once there is."""

    def __init__(self, writes: int) -> None:
        self.room = asyncio.Semaphore(writes)

    async def spend(self, writes: Sequence[Write]) -> None:
        await self.room.acquire()


def of(orders: int) -> list[str]:
    """The grants of the first orders."""
    return [f"spend/m{offset}/1" for offset in range(orders)]


async def settled(running: Flow, orders: int) -> None:
    """Until that many were taken, and all that they put out is published."""
    await running.until(lambda: running.is_settled(orders))


def test_a_stop_when_all_is_done_leaves_nothing_and_is_told_once(servers: str) -> None:
    async def work() -> None:
        async with flow(servers, None) as running:
            running.arrive(0, ORDERS)
            await settled(running, ORDERS)
            await running.ownership.stop()
            turn = running.shard.table.head.turn
        for _ in range(3):
            async with flow(servers, None) as running:
                assert await running.grants() == of(ORDERS)
                await running.ownership.stop()
                # Nothing was done, so nothing is to be said: not even that.
                assert running.shard.table.head.turn == turn

    asyncio.run(work())


def test_a_stop_in_the_middle_finishes_the_turns_in_hand_and_folds_no_more(servers: str) -> None:
    async def work() -> None:
        gate = Gate(2)
        async with flow(servers, gate) as running:
            await running.arrive_until_full(ORDERS)
            assert running.shard.busy() and not running.shard.may_seal()
            stopping = asyncio.create_task(running.ownership.stop())
            await asyncio.sleep(0)
            for _ in range(ORDERS):
                gate.room.release()
            await stopping
            done = running.shard.positions["pos.orders"]
            assert 0 < done < ORDERS and await running.grants() == of(done)
        async with flow(servers, None) as running:
            assert await running.grants() == of(done)
            running.arrive(done, ORDERS)
            await settled(running, ORDERS - done)
            assert await running.grants() == of(ORDERS)

    asyncio.run(work())


def test_after_a_kill_the_last_turns_are_published_again_and_after_the_next_stop_no_more(servers: str) -> None:
    async def work() -> None:
        async with flow(servers, None) as killed:
            killed.arrive(0, ORDERS)
            await settled(killed, ORDERS)
        async with flow(servers, None) as running:
            again = await running.grants()
            assert len(again) > ORDERS and set(again) == set(of(ORDERS))
            await running.ownership.stop()
        async with flow(servers, None) as running:
            assert await running.grants() == again

    asyncio.run(work())


class SayingAgain:
    """A takeover whose last outputs are being published again while the worker is told to let go; and the committer that does it."""

    def __init__(self, hung: Sequence[int] = ()) -> None:
        """`hung`: partitions that are still being read."""
        self.hung = hung
        self.began = asyncio.Event()
        self.answered = asyncio.Event()
        self.put_out: list[Any] = []
        self.shard: Any = SimpleNamespace(
            partition=0,
            positions={},
            in_hand=lambda: False,
            would_say_again=lambda: not self.put_out,
            seal=lambda count, malformed: "a turn of nothing",
        )

    async def take(self, partition: int) -> Any:
        if partition in self.hung:
            await asyncio.Event().wait()
        return self.shard, {1: {}}

    async def publish_again(self, shard: Any, unpublished: Any) -> None:
        self.began.set()
        await self.answered.wait()

    async def idle(self) -> None:
        """It always is."""

    async def put(self, sealed: list[Any]) -> None:
        self.put_out += sealed


async def assigned(saying: Any, opened: list[Any], seconds: float = 30) -> Ownership:
    settings = OwnershipSettings("", "changelog", [], [], {}, 0, 30, ())
    readiness = Readiness(ReadinessSettings(30, 60, 5), lambda topic, partition: None, lambda: 0.0)
    ownership = Ownership(
        saying, saying, settings, opened.append, lambda _: None, pytest.fail, lambda: 1, seconds, readiness
    )  # fmt: skip
    ownership.assigned(frozenset({0, *saying.hung}), 1)
    await saying.began.wait()
    return ownership


@pytest.mark.parametrize("hung", [(), (1, 2)])
def test_a_stop_while_the_last_turns_are_published_again_finishes_that(hung: tuple[int, ...]) -> None:
    """Also where other partitions are not as far yet: these are given up at once."""

    async def work() -> None:
        saying, opened = SayingAgain(hung), []
        ownership = await assigned(saying, opened)
        stopping = asyncio.create_task(ownership.stop())
        for _ in range(20):
            await asyncio.sleep(0)
        assert not stopping.done()
        saying.answered.set()
        await stopping
        assert saying.put_out == ["a turn of nothing"] and not ownership.shards
        # It is not read, and nothing is taken over any more.
        ownership.assigned(frozenset({0}), 2)
        for _ in range(20):
            await asyncio.sleep(0)
        assert not opened and not ownership.shards

    asyncio.run(work())


def test_a_revocation_does_not_wait_for_it_for_ever() -> None:
    async def work() -> None:
        ownership = await assigned(SayingAgain(), [], seconds=0)
        with pytest.raises(NotLetGo, match="TIDEMARK_REBALANCE_TIMEOUT_MS"):
            await ownership.revoked()

    asyncio.run(work())
