"""A changelog that the broker has compacted: segments closed, tombstones gone, holes between offsets. What is recovered is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from aiokafka.client import AIOKafkaClient
from confluent_kafka.admin import NewTopic

from agents.turns.shard import Sealed, Shard
from broker.client.client import open_client
from broker.client.cluster import Cluster
from broker.client.connection import Connection
from broker.client.fetch import Fetcher
from broker.client.offsets import EARLIEST, offsets
from broker.client.produce import Producer, settled
from broker.client.reading import read_through
from broker.wire.batches import ByTopic
from broker.wire.records import Record
from devtools.kafka import Kafka
from rules.rulebook.rulebook import Rulebook
from rules.times import DAY_MS, epoch_ms
from streams.topics import AGGREGATE_CHANGELOG, POS_ORDERS, TOPICS
from tables.commit_log import CommitLog, Recovered
from tables.layout import HEAD, MADE, RING
from tables.partition import PartitionTable
from tests.agents.turns.alone import Alone
from tests.agents.turns.test_soak import LATE_DAYS, PERIOD_DAYS, REFUND_DAYS, START, World
from tests.entries import read_back
from tests.folding import SETTINGS

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

_PERIODS = 12
_STEP = timedelta(hours=3)
_SECONDS = 60
_BYTES = 1 << 20
# As the changelog is, but that segments are closed and cleaned soon, and deletions with them.
_SOON = {"segment.ms": "300", "min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "0", "segment.bytes": "1048576"}


@pytest.fixture
def topic(kafka: Kafka, prefix: str) -> Iterator[str]:
    cluster = Cluster(Connection(kafka.bootstrap))
    (spec,) = [each for each in TOPICS if each.name == AGGREGATE_CHANGELOG]
    name = prefix + spec.name
    cluster.create([NewTopic(name, 1, 1, config={**spec.config, **_SOON})])
    cluster.wait_for([name])
    yield name
    cluster.delete([name])


class Changelog:
    """The partition's, on the broker."""

    def __init__(self, client: AIOKafkaClient, topic: str) -> None:
        self._client = client
        self._producer = Producer(client, _SECONDS)
        self._topic = topic
        self._fetcher = Fetcher(client, _BYTES, _BYTES)
        # Of the turns that put something out, what.
        self.outputs: dict[int, ByTopic] = {}

    async def take(self) -> CommitLog:
        """Becomes its owner."""
        return await CommitLog.take(self._client, self._producer, self._topic, 0, _SECONDS, 0)

    async def commit(self, sealed: Sealed) -> None:
        log = sealed.shard.log
        (offset,) = await self._producer.send([log.write(sealed.entries, 0)])
        log.acknowledge(offset, len(sealed.entries))
        if sealed.outputs:
            self.outputs[sealed.turn] = sealed.outputs

    async def recover(self) -> Recovered:
        log = await self.take()
        return await log.recover(self._fetcher, PartitionTable(0, {}, PERIOD_DAYS * DAY_MS, seed=1), _SECONDS)

    async def records(self) -> list[Record]:
        """What stands there."""
        place = (self._topic, 0)
        first = (await offsets(self._client, [place], EARLIEST))[place]
        end = (await self.take()).expected_offset
        parts = [part async for part in read_through(self._fetcher, place, first, end, _SECONDS)]
        return [record for part in parts for record in part.records]

    async def compacted(self, gone: set[bytes]) -> list[Record]:
        """Waits until of what was written again and again only the last is left, and nothing of what was deleted; what stands there then.

        Looking writes a fence, which closes a segment whose time is over.
        """
        async with asyncio.timeout(_SECONDS):
            while True:
                found = await self.records()
                if [record.key for record in found].count(HEAD) == 1 and gone.isdisjoint(record.key or b"" for record in found):
                    return found
                await asyncio.sleep(0.2)


def partition() -> tuple[Alone, World]:
    settings = msgspec.structs.replace(SETTINGS, late_ms=LATE_DAYS * DAY_MS, refund_ms=REFUND_DAYS * DAY_MS)
    return Alone(Rulebook([]), settings, PERIOD_DAYS * DAY_MS), World()


async def live(alone: Alone, world: World, changelog: Changelog) -> set[bytes]:
    """Orders, refunds and activities come and go, in turns that are committed to the broker; the keys that were deleted for good.

    Of the last turns nobody hears that their outputs were published; some of them have none.
    """
    alone.shard.log = await changelog.take()
    deleted: set[bytes] = set()
    for number in range(_PERIODS):
        when = START + number * PERIOD_DAYS * timedelta(days=1)
        world.begin_period(number, when)
        alone.rulebook = Rulebook(enumerate(world.saved), alone.rulebook, PERIOD_DAYS * DAY_MS)
        for at in (when + n * _STEP for n in range(1, PERIOD_DAYS * 8)):
            for document in world.documents(at):
                alone.append(document, epoch_ms(at))
            alone.arrive()
            sealed: Sealed | None = alone.fold()
            while sealed is not None:
                await changelog.commit(sealed)
                for record in read_back(sealed.entries):
                    assert record.key is not None
                    (deleted.add if record.value is None else deleted.discard)(record.key)
                alone.shard.published_through = max(0, sealed.turn - RING + 2)
                sealed = alone.see_to()
    return deleted


def go_on(alone: Alone, shard: Shard, world: World) -> list[tuple[dict[str, bytes], list[Record]]]:
    """What comes of documents that have been folded, which count no more, and of new ones that lean on what is kept."""
    at = START + _PERIODS * PERIOD_DAYS * timedelta(days=1)
    alone.shard = shard
    done = []
    for value in [*world.again, *world.next]:
        alone.append(value, epoch_ms(at))
    alone.arrive()
    while shard.busy():
        sealed = alone.fold()
        shard.published_through = sealed.turn
        done.append((dict(shard.table.members), [record for each in sealed.outputs.values() for record in read_back(each)]))
    return done


def test_a_compacted_changelog_is_recovered_as_it_was(kafka: Kafka, topic: str) -> None:
    alone, world = partition()

    async def work() -> None:
        client = await open_client(Connection(kafka.bootstrap), "test")
        try:
            await settled(client, [topic])
            changelog = Changelog(client, topic)
            deleted = await live(alone, world, changelog)
            shard = alone.shard
            # Members, orders, and what was made without a keeper of an activity whose books are closed.
            assert {MADE if key.startswith(MADE) else key[:1] for key in deleted} == {b"m", b"o", MADE}
            found = await changelog.compacted(deleted)
            assert len(found) < found[-1].offset / 3
            recovered = await changelog.recover()
        finally:
            await client.close()
        table = recovered.table
        assert table.members == shard.table.members
        assert msgspec.structs.asdict(table.head) == msgspec.structs.asdict(shard.table.head)
        assert table.clock.now_ms == shard.table.clock.now_ms and table.judged == shard.table.judged
        assert table.made == shard.table.made
        assert len(table.timers) > 0
        assert (len(table.timers), table.timers.next_due_ms()) == (len(shard.table.timers), shard.table.timers.next_due_ms())
        # The ring, in which are turns that put nothing out.
        unpublished = range(table.head.unpublished_from, table.head.turn + 1)
        expected = {turn: outputs for turn, outputs in changelog.outputs.items() if turn in unpublished}
        assert 0 < len(expected) < len(unpublished)
        assert {turn: values(outputs) for turn, outputs in recovered.unpublished.items()} == {
            turn: values(outputs) for turn, outputs in expected.items()
        }
        # And the orders: whoever goes on from there does the same.
        successor = Shard(table, shard.log, {POS_ORDERS: table.head.positions[POS_ORDERS]})
        before = len(alone.feed)
        here = go_on(alone, shard, world)
        del alone.feed[before:]
        assert here == go_on(alone, successor, world)
        assert any(outputs for _, outputs in here)

    asyncio.run(work())


def values(outputs: ByTopic) -> dict[str, list[bytes | None]]:
    return {topic: [record.value for record in read_back(entries)] for topic, entries in outputs.items()}
