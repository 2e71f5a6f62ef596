"""A full ring of outputs: folding waits for their publication and goes on after it, and a new owner publishes all that it holds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import pytest

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
    """Room at the readers, once they are let read."""

    def __init__(self, *, is_open: bool) -> None:
        self.opened = asyncio.Event()
        if is_open:
            self.opened.set()

    async def spend(self, writes: Sequence[Write]) -> None:
        await self.opened.wait()


def of(orders: int) -> list[str]:
    """The grants of the first orders."""
    return [f"spend/m{offset}/1" for offset in range(orders)]


async def fill(running: Flow) -> int:
    """Has orders come until the ring is full; how many turns it holds. No more is folded, however often the loop goes round."""
    await running.arrive_until_full(ORDERS)
    assert running.shard.busy() and not running.shard.may_seal()
    held = running.shard.table.head.turn - running.shard.published_through
    assert 0 < held < RING
    await running.until(lambda: running.shard.log.expected_offset >= 1 + held)
    for _ in range(1000):
        await asyncio.sleep(0)
    assert running.shard.table.head.turn - running.shard.published_through == held
    assert running.shard.positions["pos.orders"] == held and await running.grants() == []
    return held


def test_folding_waits_while_the_ring_is_full_and_goes_on_when_it_is_not(servers: str) -> None:
    async def work() -> None:
        gate = Gate(is_open=False)
        async with flow(servers, gate) as running:
            await fill(running)
            gate.opened.set()
            await running.until(lambda: running.is_settled(ORDERS))
            assert await running.grants() == of(ORDERS)

    asyncio.run(work())


def test_a_new_owner_publishes_all_that_a_full_ring_holds_and_goes_on(servers: str) -> None:
    async def work() -> None:
        async with flow(servers, Gate(is_open=False)) as killed:
            held = await fill(killed)
        async with flow(servers, Gate(is_open=True)) as running:
            assert await running.grants() == of(held)
            assert running.shard.positions["pos.orders"] == held
            running.arrive(held, ORDERS)
            await running.until(lambda: running.is_settled(ORDERS - held))
            assert await running.grants() == of(ORDERS)

    asyncio.run(work())
