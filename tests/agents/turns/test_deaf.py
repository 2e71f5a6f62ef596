"""Where nothing comes, what is due falls due by the broker's time; to whom the broker does not answer, nothing does (spec 1.5)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress

import pytest

from agents import aggregate
from agents.turns.watermark import BEHIND_MS, BrokerTime
from broker.embedded import EmbeddedBroker
from streams.topics import SOURCES
from tests.agents.turns.flow import flow, place
from tests.folding import SETTINGS
from tests.oracle.examples import at, refund
from tests.tables.test_partition import NOON_MS


class Monotonic:
    """How much time has passed, as far as a test says so."""

    def __init__(self) -> None:
        self.seconds = 5_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def servers() -> Iterator[str]:
    with EmbeddedBroker() as broker:
        place(broker.servers, 1)
        yield broker.servers


def test_a_refund_is_given_up_once_a_fetch_has_found_nothing_by_then_and_not_for_want_of_an_answer(
    servers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregate, "_SWEEP_SECONDS", 0)

    async def work() -> None:
        clock = Monotonic()
        async with flow(servers, None, broker_time=BrokerTime(clock)) as running:
            table, shard = running.shard.table, running.shard
            heard_at = clock()
            running.arrive_one(0, json.dumps(refund("r", "never", at(1), ("x", 1, 100))).encode())
            await running.until(lambda: set(table.members) == {"ann"})
            sweeping = asyncio.create_task(running.aggregation.sweep())

            async def answered(seconds: float) -> None:
                """Fetches of all sources that were sent then are answered, and bring nothing; swept often since."""
                running.quiet = {topic: (shard.positions[topic], seconds) for topic in SOURCES}
                for _ in range(500):
                    await asyncio.sleep(0)

            try:
                await answered(clock())
                # A year passes, and nobody answers what was asked since.
                clock.seconds += 366 * 24 * 3600
                await answered(heard_at)
                assert table.clock.now_ms == NOON_MS and set(table.members) == {"ann"}
                # Of one source an answer came, and not of the others.
                due_at = heard_at + (SETTINGS.late_ms + BEHIND_MS) / 1000
                running.quiet[SOURCES[0]] = (shard.positions[SOURCES[0]], due_at + 1)
                for _ in range(500):
                    await asyncio.sleep(0)
                assert set(table.members) == {"ann"}
                # It may wait until then, and a broker's clock may be behind.
                await answered(due_at)
                assert set(table.members) == {"ann"}
                await answered(due_at + 0.001)
                assert table.members == {}
            finally:
                sweeping.cancel()
                with suppress(asyncio.CancelledError):
                    await sweeping

    asyncio.run(work())
