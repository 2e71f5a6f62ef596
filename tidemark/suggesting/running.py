"""What the members of a running system bought, measured of their records (spec 3.12)."""

from __future__ import annotations

from collections.abc import Iterator

from broker.client.connection import Connection
from rules.state import Member
from tables.member.record import decode_member
from tidemark.reading.running import open_running
from tidemark.suggesting.measured import Measured, measure_members


async def measure_running(connection: Connection, prefix: str, code: str, now_ms: int) -> Measured:
    """Of a program that runs, over all partitions. Raises BrokerUnavailable, NewerFormat."""
    async with open_running(connection, prefix, "tidemark-suggest") as running:
        program = running.definitions.rulebook.programs[code][-1]
        found = [records async for records in running.members()]
        return measure_members(_decoded(found), program, now_ms)


def _decoded(partitions: list[dict[str, bytes]]) -> Iterator[Member]:
    for members in partitions:
        for data in members.values():
            yield decode_member(data)
