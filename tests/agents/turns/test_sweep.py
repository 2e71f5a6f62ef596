"""Many due at one instant: the sweep goes on as soon as brokers have taken what it did before."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents import aggregate
from agents.aggregate import Aggregation
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


class Partition:
    """One in which something is always due, or never. `hangs`: its broker takes a turn, and does not answer."""

    def __init__(self, partition: int, *, hangs: bool = False, due: bool = True) -> None:
        self.due = due
        self.looks = 0
        self.positions: dict[str, int] = {}
        clock = SimpleNamespace(reach=lambda time_ms: None)
        self.table, self.waits_for_keepers = SimpleNamespace(clock=clock, made={}), False
        self.partition = partition
        self.hangs = hangs
        self.turns = self.published_through = self.seen_to = 0

    def busy(self) -> bool:
        return False

    def in_hand(self) -> bool:
        return self.seen_to > 0

    def takes_more(self, _: object) -> bool:
        return True

    def see_ahead(self, _rulebook: object, _settings: object, most: int) -> bool:
        self.looks += 1
        self.seen_to += most if self.due else 0
        return self.due

    def seal_in_hand(self) -> object:
        self.turns += 1
        self.seen_to = 0
        return SimpleNamespace(turn=self.turns, shard=self)


class Brokers:
    """Acknowledge at once, but for partitions that hang."""

    def __init__(self, partitions: dict[int, Partition]) -> None:
        self._partitions = partitions

    def commits(self, partition: int) -> bool:
        each = self._partitions[partition]
        return each.turns > each.published_through

    def held_up(self, partition: int) -> bool:
        return self.commits(partition)

    def put_now(self, sealed: list[Any]) -> None:
        for each in sealed:
            if not each.shard.hangs:
                each.shard.published_through = each.turn

    async def room(self) -> None:
        await asyncio.sleep(0)


def swept(partitions: dict[int, Partition]) -> None:
    """The sweep goes on for many rounds of the loop."""

    async def fresh(within_seconds: float) -> None:
        """They are."""

    async def work() -> None:
        ownership = SimpleNamespace(shards=partitions, turn=asyncio.Lock(), go_on=lambda shard: None)
        definitions = SimpleNamespace(fresh=fresh, rulebook=None)
        aggregation = Aggregation(
            cast("Any", ownership),
            cast("Any", Brokers(partitions)),
            cast("Any", definitions),
            SETTINGS,
            lambda: None,
            lambda topic, partition: None,
            BrokerTime(),
        )
        sweeping = asyncio.create_task(aggregation.sweep())
        for _ in range(1_000):
            await asyncio.sleep(0)
        sweeping.cancel()

    asyncio.run(work())


def test_a_broker_that_hangs_holds_up_what_is_due_only_in_what_it_leads() -> None:
    partitions = {number: Partition(number, hangs=number < 4) for number in range(5)}
    swept(partitions)
    assert [each.turns for each in partitions.values() if each.hangs] == [1, 1, 1, 1]
    assert partitions[4].turns > 10


def test_what_is_seen_to_while_a_turn_is_on_its_way_is_bounded() -> None:
    partitions = {0: Partition(0, hangs=True)}
    swept(partitions)
    assert partitions[0].turns == 1
    assert SETTINGS.seen_to <= partitions[0].seen_to < 2 * SETTINGS.seen_to


def test_where_nothing_is_due_nobody_looks_again_at_once_however_much_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregate, "_SWEEP_SECONDS", HOUR_SECONDS)
    partitions = {number: Partition(number, due=number == 0) for number in range(3)}
    swept(partitions)
    assert partitions[0].turns > 10
    assert [partitions[number].looks for number in (1, 2)] == [1, 1]
