"""Many due at one instant: the sweep goes on as soon as brokers have taken what it did before."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest

from agents import aggregate
from agents.turns.watermark import BEHIND_MS, BrokerTime
from broker.embedded import EmbeddedBroker
from streams.topics import SOURCES
from tests.agents.turns.flow import flow, place
from tests.folding import SETTINGS
from tests.oracle.examples import at, refund

# More than one turn sees to, and than one more that waits.
MEMBERS = 4 * SETTINGS.seen_to
HOUR_SECONDS = 3600


def test_where_a_turn_has_to_wait_for_the_one_before_the_sweep_waits_for_that_and_not_for_its_next_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(aggregate, "_SWEEP_SECONDS", HOUR_SECONDS)

    async def work(servers: str) -> None:
        seconds = 5_000.0
        async with flow(servers, None, broker_time=BrokerTime(lambda: seconds)) as running:
            shard = running.shard
            waiting = (refund(f"r{number}", "never", at(1), ("x", 1, 100), member_id=f"m{number}") for number in range(MEMBERS))
            running.arrive_together(0, [json.dumps(each).encode() for each in waiting])
            await running.until(lambda: len(shard.table.members) == MEMBERS)
            due_at = seconds + (SETTINGS.late_ms + BEHIND_MS) / 1000
            running.quiet = {topic: (shard.positions[topic], due_at + 1) for topic in SOURCES}
            sweeping = asyncio.create_task(running.aggregation.sweep())
            try:
                await running.until(lambda: not shard.table.members)
            finally:
                sweeping.cancel()
                with suppress(asyncio.CancelledError):
                    await sweeping

    with EmbeddedBroker() as broker:
        place(broker.servers, 1)
        asyncio.run(work(broker.servers))
