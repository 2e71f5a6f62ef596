"""How many members are in a segment now, over all partitions (spec 5): counted from what workers have committed.

A changelog partition holds every member as its last turn left him, each turn a batch that is there whole or not at all. So reading them,
and nothing that the workers know, is exact as of where each partition ended when it was asked; nobody is held up by it.
"""

from __future__ import annotations

from msgspec import Struct

from broker.client.connection import Connection
from rules.definitions.segment import SEGMENT
from rules.segments.predicate import AsOf
from tables.member.record import decode_member
from tidemark.reading.running import open_running
from tidemark.segments.files import Asked


class Counted(Struct, frozen=True, omit_defaults=True):
    """Members in the segment, and all that there are; `not_saved`: segments that it names and that nobody has saved."""

    matching: int
    members: int
    not_saved: list[str] = []


async def count(connection: Connection, prefix: str, asked: Asked, now_ms: int) -> Counted:
    """Counts over all partitions, by the calendar of the segment's zone, else of the default program's. Raises BrokerUnavailable,
    NewerFormat.
    """
    async with open_running(connection, prefix, "tidemark-segment") as running:
        rulebook = running.definitions.rulebook
        program = rulebook.program(rulebook.default_program(now_ms) or "", now_ms)
        as_of = AsOf(now_ms, asked.timezone or ("UTC" if program is None else program.timezone), rulebook)
        matching = members = 0
        async for records in running.members():
            for member_id, data in records.items():
                member = decode_member(data)
                if member.registered:
                    members += 1
                    matching += asked.matches(member_id, member, as_of)
        return Counted(matching, members, [code for code in asked.saved if rulebook.chain(SEGMENT.name, code) is None])
