"""Fills the changelog with members, as if they had shopped: running a million through the pipeline would take too long.

What is written is what a worker would have left: each partition is taken with a fence, and members go into its table turn by turn, in the
state that a small load of the benchmark's own orders leaves members in. Of orders there are as many a member as is asked for, over all the
days that they are kept, as large as orders are; half of them came from tills, and are known by a second key.
"""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

from benchmarks.feed import partition_of
from benchmarks.load import Shape, documents
from benchmarks.offline import Offline, fetches
from benchmarks.topics import PARTITIONS
from broker.client.client import open_client
from broker.client.cluster import Cluster
from broker.client.connection import Connection
from broker.client.produce import Producer, settled
from rules.documents.content import DIGEST_BYTES
from rules.state import Member
from rules.times import DAY_MS
from streams.topics import AGGREGATE_CHANGELOG, DEFINITIONS, SOURCES
from tables.commit_log import CommitLog
from tables.member.record import decode_member
from tables.partition import PartitionTable

MEMBERS_A_TURN = 4_000
DEADLINE_SECONDS = 30
# Members differ in what their orders left; about four orders each.
PATTERN_MEMBERS = 1_000
PATTERN_ORDERS = 4_000
# As the settings' defaults: refund_days and late_days.
KEEP_ORDERS_DAYS = 180 + 35
# What encode_order makes of an order of the benchmark's load.
ORDER_BYTES = 60


def fill_changelog(brokers: str, prefix: str, members: int, orders_a_member: int) -> None:
    """Writes `members` members and their orders; the topics must be there, with nothing on them but the benchmark's definitions."""
    asyncio.run(_fill(Connection(brokers), prefix, members, orders_a_member))


async def _fill(connection: Connection, prefix: str, members: int, orders_a_member: int) -> None:
    until = datetime.now(UTC)
    topics = Cluster(connection).topics(prefix + topic for topic in (*SOURCES, DEFINITIONS))
    topic_ids = {name.removeprefix(prefix): topic.id for name, topic in topics.items()}
    patterns = await _patterns(until)
    changelog = prefix + AGGREGATE_CHANGELOG
    now_ms = int(until.timestamp() * 1000)
    client = await open_client(connection, "benchmarks")
    try:
        await settled(client, [changelog])
        producer = Producer(client, DEADLINE_SECONDS)
        partitions = []
        for number in range(PARTITIONS):
            log = await CommitLog.take(client, producer, changelog, number, DEADLINE_SECONDS, now_ms)
            table = PartitionTable(number, topic_ids, KEEP_ORDERS_DAYS * DAY_MS, seed=number + 1)
            partitions.append(_Partition(table, log, producer, orders_a_member))
        for number in range(members):
            member_id = f"m{number:07}"
            partition = partitions[partition_of(member_id)]
            partition.table.clock.reach(now_ms - (members - number) * KEEP_ORDERS_DAYS * DAY_MS // members)
            await partition.put(member_id, patterns[number % len(patterns)])
        for partition in partitions:
            await partition.commit()
    finally:
        await client.close()


async def _patterns(until: datetime) -> list[Member]:
    """Members as a few orders leave them."""
    offline = Offline()
    load = documents(Shape(until, members=PATTERN_MEMBERS), PATTERN_ORDERS)
    await offline.run(fetches(load, int(until.timestamp() * 1000)))
    return [decode_member(data) for shard in offline.shards for data in shard.table.members.values()]


class _Partition:
    """A partition that is being written."""

    def __init__(self, table: PartitionTable, log: CommitLog, producer: Producer, orders_a_member: int) -> None:
        self.table = table
        self._log = log
        self._producer = producer
        self._orders_a_member = orders_a_member
        self._most_members = MEMBERS_A_TURN // (1 + orders_a_member)
        self._chance = random.Random(table.partition)

    async def put(self, member_id: str, member: Member) -> None:
        """Adds a member and his orders to the turn in hand, and commits it when it is large enough."""
        self.table.touched[member_id] = member
        chance = self._chance.randbytes
        for number in range(self._orders_a_member):
            second = chance(DIGEST_BYTES) if number % 2 else None
            self.table.orders.stage(chance(DIGEST_BYTES), second, chance(ORDER_BYTES))
        if len(self.table.touched) == self._most_members:
            await self.commit()

    async def commit(self) -> None:
        """Commits the turn in hand; it has put nothing out, so that nothing is unpublished."""
        table = self.table
        _, entries = table.seal(dict.fromkeys(SOURCES, 0), unpublished_from=table.head.turn + 1, outputs={})
        write = self._log.write(entries, table.clock.now_ms)
        (offset,) = await self._producer.send([write])
        self._log.acknowledge(offset, write.records)
        # They are on the broker; nobody asks this process for them.
        table.members.clear()
