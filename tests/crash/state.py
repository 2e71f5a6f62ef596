"""The state that a worker would recover now, read from the changelog without taking the partitions over."""

from __future__ import annotations

from typing import NamedTuple

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.fetch import Fetcher
from broker.client.offsets import LATEST, offsets
from broker.client.produce import Identity, settled
from rules.state import Member
from streams.definitions import Definitions
from streams.topics import AGGREGATE_CHANGELOG, DEFINITIONS
from tables.commit_log import CommitLog
from tables.member.record import decode_member
from tables.partition import PartitionTable

_FETCH_BYTES = 8 * 1024 * 1024
_KEEP_ORDERS_MS = 215 * 24 * 3600 * 1000


class Recovered(NamedTuple):
    """Members by id; codes of activities by the refs that members' progress is kept under."""

    members: dict[str, Member]
    codes: dict[int, str]

    def spending(self) -> dict[tuple[str, str], int]:
        """Signed sums by (program, member)."""
        return {
            (membership.program, member_id): membership.spent
            for member_id, member in self.members.items()
            for membership in member.memberships
        }

    def progress(self) -> dict[tuple[str, str], int]:
        """Signed sums by (activity, member)."""
        return {
            (self.codes[ref], member_id): progress
            for member_id, member in self.members.items()
            for ref, progress in member.progress.items()
        }

    def held(self) -> list[bytes]:
        """The refunds that wait for their orders, raw."""
        return [held.raw for member in self.members.values() for held in member.held]


async def recovered(bootstrap: str, prefix: str, partitions: int) -> Recovered:
    """Everything that the changelog's partitions hold."""
    client = await open_client(Connection(bootstrap), "crash-tests")
    try:
        topic = prefix + AGGREGATE_CHANGELOG
        await settled(client, [topic, prefix + DEFINITIONS])
        definitions = Definitions(client, prefix + DEFINITIONS)
        await definitions.read_to_end()
        fetcher = Fetcher(client, _FETCH_BYTES, _FETCH_BYTES)
        ends = await offsets(client, [(topic, partition) for partition in range(partitions)], LATEST)
        members: dict[str, Member] = {}
        for (_, partition), end in ends.items():
            table = PartitionTable(partition, {}, _KEEP_ORDERS_MS)
            await CommitLog(topic, partition, Identity(-1, -1), end).recover(fetcher, table, 60)
            members |= {member_id: decode_member(data) for member_id, data in table.members.items()}
        return Recovered(members, {ref: saved.code for ref, saved in definitions.versions})
    finally:
        await client.close()
