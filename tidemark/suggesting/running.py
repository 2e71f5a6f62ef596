"""What the members of a running system bought, measured of their records (spec 3.12)."""

from __future__ import annotations

from collections.abc import Iterator

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.produce import settled
from rules.state import Member
from streams.definitions import Definitions
from streams.topics import AGGREGATE_CHANGELOG, DEFINITIONS
from tables.member.record import decode_member
from tidemark.reading.partitions import read_members
from tidemark.reading.topics import Topics
from tidemark.suggesting.measured import Measured, measure_members


async def measure_running(connection: Connection, prefix: str, code: str, now_ms: int) -> Measured:
    """Of a program that runs, over all partitions. Raises BrokerUnavailable, NewerFormat."""
    topic = prefix + AGGREGATE_CHANGELOG
    client = await open_client(connection, "tidemark-suggest")
    try:
        await settled(client, [topic, prefix + DEFINITIONS])
        definitions = Definitions(client, prefix + DEFINITIONS)
        await definitions.read_to_end()
        program = definitions.rulebook.programs[code][-1]
        topics = Topics(client)
        found: list[dict[str, bytes]] = []
        for partition in sorted(client.cluster.partitions_for_topic(topic) or ()):
            found.append(await read_members(topics, topic, partition))
        return measure_members(_decoded(found), program, now_ms)
    finally:
        await client.close()


def _decoded(partitions: list[dict[str, bytes]]) -> Iterator[Member]:
    for members in partitions:
        for data in members.values():
            yield decode_member(data)
