"""What waits for the keeper of a total that was added later is bounded: who has asked for too much takes no more orders, and goes on (spec
2.10).
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import pytest
from msgspec.structs import replace

from agents import aggregate
from agents.aggregate import Aggregation
from agents.ownership.ownership import Ownership
from agents.ownership.takeover import OwnershipSettings
from agents.turns.shard import Sealed, Shard
from agents.turns.watermark import BrokerTime
from broker.client.fetch import Fetched
from broker.client.offsets import Place
from broker.client.produce import Identity
from broker.wire.batches import place_of
from broker.wire.records import Record
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS
from rules.times import epoch_ms
from streams.consumer.turn_consumer import Arrived
from streams.limited import keeper_of
from streams.routing import partition_of
from streams.topics import AGGREGATE_CHANGELOG, GIFTS, LIMITED, POS_ORDERS, REFUSALS
from tables.commit_log import CommitLog
from tables.partition import PartitionTable
from tests.entries import read_back
from tests.folding import KEEP_ORDERS_MS, SETTINGS
from tests.oracle.examples import at, order, program, spend

Document = dict[str, Any]
PREFIX = "t."
PARTITIONS = 4
MOST, FETCHED = 10, 5
TOTAL, ORDERS = 7, 200
NOW_MS = epoch_ms(datetime.fromisoformat(at(3)))


def saved(version: int, document: Document) -> Saved:
    saved_at_ms = ALWAYS_MS if version == 1 else epoch_ms(datetime.fromisoformat(at(2)))
    return Saved(kind=document["kind"], code=document["code"], version=version, saved_at_ms=saved_at_ms, document=document)


class Limited:
    """Definitions: an activity that was given a total before any order of these."""

    rulebook = Rulebook(enumerate([saved(1, program()), saved(1, spend()), saved(2, spend(limits={"total": TOTAL}))]))

    async def fresh(self, within_seconds: float) -> None:
        """They are."""


class Broker:
    """Partitions and their aggregation, as a worker has them; what is committed is published at once."""

    def __init__(self, without: int) -> None:
        """`without`: a partition that has no worker."""
        self.topics: dict[tuple[str, int], list[Record]] = defaultdict(list)
        # What is read, as the consumer has it: by topic, with the prefix, and partition.
        self.positions: dict[Place, int] = {}
        owned = OwnershipSettings(PREFIX, AGGREGATE_CHANGELOG, (POS_ORDERS, LIMITED), (), {}, KEEP_ORDERS_MS, 1, ())
        none = cast("Any", None)
        self.ownership = Ownership(none, none, owned, self.positions.update, self._shut, self._failed, lambda: 1, 1, none)
        settings = replace(SETTINGS, partitions=PARTITIONS, asked=MOST)
        definitions, committer = cast("Any", Limited()), cast("Any", self)
        self._aggregation = Aggregation(
            self.ownership, committer, definitions, settings, lambda: None, lambda topic, partition: None, BrokerTime()
        )
        for partition in range(PARTITIONS):
            if partition != without:
                self.own(partition)

    def own(self, partition: int) -> None:
        """A worker takes the partition over."""
        log = CommitLog(AGGREGATE_CHANGELOG, partition, Identity(-1, -1), 0)
        shard = Shard(PartitionTable(partition, {}, KEEP_ORDERS_MS), log, {POS_ORDERS: 0, LIMITED: 0})
        self.ownership.shards[partition] = shard
        self.positions |= {(PREFIX + topic, partition): 0 for topic in shard.positions}

    def put_now(self, sealed: Sequence[Sealed]) -> None:
        """Commits, and publishes."""
        for each in sealed:
            for topic, entries in each.outputs.items():
                name, to = place_of(topic, each.shard.partition)
                stands = self.topics[name, to]
                records = [record for record in read_back(entries) if not _is_there(stands, record)]
                stands += [
                    Record(offset, NOW_MS, record.key, record.value, record.headers)
                    for offset, record in enumerate(records, len(stands))
                ]
            each.shard.published_through = each.turn

    def commits(self, partition: int) -> bool:
        return False

    def held_up(self, partition: int) -> bool:
        return False

    def take(self, document: Document) -> None:
        stands = self.topics[POS_ORDERS, partition_of(document["member_id"], PARTITIONS)]
        stands.append(Record(len(stands), NOW_MS, document["member_id"].encode(), json.dumps(document).encode(), []))

    async def work(self) -> None:
        """Until nothing comes, and nothing is due."""
        while parts := self._fetched():
            await self._aggregation.run(_once(Arrived(1, parts)))
            await self._sweep()

    async def _sweep(self) -> None:
        sweeping = asyncio.create_task(self._aggregation.sweep())
        for _ in range(100):
            await asyncio.sleep(0)
        sweeping.cancel()

    def _fetched(self) -> list[Fetched]:
        parts = []
        for (topic, partition), position in self.positions.items():
            stands = self.topics[topic.removeprefix(PREFIX), partition]
            records = stands[position : position + FETCHED]
            if records:
                parts.append(Fetched(topic, partition, position, records, position + len(records), len(stands)))
        self.positions |= {(part.topic, part.partition): part.next_offset for part in parts}
        return parts

    def _shut(self, places: Iterable[Place]) -> None:
        for place in places:
            del self.positions[place]

    def _failed(self, error: BaseException) -> None:
        raise error

    def waiting(self) -> Mapping[int, int]:
        """By partition, the grants of its members that no keeper has decided."""
        return {partition: shard.table.asked_for() for partition, shard in self.ownership.shards.items()}

    def count(self, topic: str) -> int:
        return sum(len(self.topics[topic, partition]) for partition in range(PARTITIONS))


def _is_there(stands: Sequence[Record], record: Record) -> bool:
    return any(each.headers == record.headers for each in stands)


async def _once(arrived: Arrived) -> AsyncIterator[Arrived]:
    yield arrived


KEEPER = int(keeper_of("spend", PARTITIONS).rpartition("/")[2])


@pytest.mark.parametrize("without", [KEEPER, (KEEPER + 1) % PARTITIONS])
def test_a_partition_that_has_asked_for_too_much_takes_no_more_orders_until_it_is_decided(
    without: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregate, "_SWEEP_SECONDS", 0)

    async def work() -> None:
        broker = Broker(without)
        for number in range(ORDERS):
            broker.take(order(f"o{number}", at(3), ("x", 1, 100), member_id=f"m{number % 40}"))
        await broker.work()
        waiting = broker.waiting()
        assert all(MOST < asked <= MOST + FETCHED for asked in waiting.values())
        assert broker.count(GIFTS) == broker.count(REFUSALS) == 0
        # What keepers and other partitions send is read on; all else stays where it is.
        assert {topic.removeprefix(PREFIX) for topic, _ in broker.positions} == {LIMITED}
        at_keepers = [shard.table.asked for shard in broker.ownership.shards.values()]
        assert sum(len(each.get("spend", ())) for each in at_keepers) == (0 if without == KEEPER else sum(waiting.values()))
        broker.own(without)
        await broker.work()
        assert set(broker.waiting().values()) == {0}
        assert (broker.count(GIFTS), broker.count(REFUSALS)) == (TOTAL, ORDERS - TOTAL)
        assert len(broker.positions) == 2 * PARTITIONS
        for (topic, partition), position in broker.positions.items():
            assert position == len(broker.topics[topic.removeprefix(PREFIX), partition])

    asyncio.run(work())
