"""How many members are in a segment now, over all partitions (spec 5): counted from what workers have committed.

A changelog partition holds every member as its last turn left him, each turn a batch that is there whole or not at all. So reading them,
and nothing that the workers know, is exact as of where each partition ended when it was asked; nobody is held up by it.
"""

from __future__ import annotations

from msgspec import Struct

from broker.client.connection import Connection
from rules.segments.predicate import AsOf, Matches
from tables.member.record import decode_member
from tidemark.reading.running import open_running


class Counted(Struct, frozen=True):
    """Members in the segment, and all that there are."""

    matching: int
    members: int


async def count(connection: Connection, prefix: str, matches: Matches, timezone: str | None, now_ms: int) -> Counted:
    """Counts over all partitions. `timezone`: whose calendar holds; None: the default program's. Raises BrokerUnavailable, NewerFormat."""
    async with open_running(connection, prefix, "tidemark-segment") as running:
        rulebook = running.definitions.rulebook
        program = rulebook.program(rulebook.default_program(now_ms) or "", now_ms)
        as_of = AsOf(now_ms, timezone or ("UTC" if program is None else program.timezone), rulebook)
        matching = members = 0
        async for records in running.members():
            for member_id, data in records.items():
                member = decode_member(data)
                if member.registered:
                    members += 1
                    matching += matches(member_id, member, as_of)
        return Counted(matching, members)
