"""Members found by id or by phone, over all partitions (spec 1.7): in what workers have committed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.produce import settled
from rules.state import Member
from streams.topics import AGGREGATE_CHANGELOG
from tables.member.record import decode_member
from tidemark.reading.partitions import all_members


class Found(Struct, frozen=True):
    """A member, and the other ids that are his. `levels`: by program, null for none."""

    member_id: str
    name: str
    phone: str
    ids: list[str]
    levels: dict[str, str | None]


async def find(connection: Connection, prefix: str, member_id: str | None, phone: str | None) -> list[Found]:
    """Those whom an id leads to, or who have a phone; by id. Raises BrokerUnavailable."""
    topic = prefix + AGGREGATE_CHANGELOG
    client = await open_client(connection, "tidemark-members")
    try:
        await settled(client, [topic])
        members: dict[str, bytes] = {}
        async for records in all_members(client, topic):
            members |= records
    finally:
        await client.close()
    return by_id(members, member_id) if member_id is not None else by_phone(members, phone or "")


def by_id(members: Mapping[str, bytes], member_id: str) -> list[Found]:
    """The member whose id it is, or to whom it leads. `members`: their records, by id."""
    seen: set[str] = set()
    while (data := members.get(member_id)) is not None and member_id not in seen:
        seen.add(member_id)
        member = decode_member(data)
        if not member.leads_on:
            return [_found(member_id, member)] if member.registered else []
        member_id = member.leads_to
    return []


def by_phone(members: Mapping[str, bytes], phone: str) -> list[Found]:
    """All who have it: its digits, and no others."""
    wanted = digits_of(phone)
    found = []
    for member_id, data in members.items():
        profile = (member := decode_member(data)).seldom.profile
        if wanted and member.registered and profile is not None and digits_of(profile.phone) == wanted:
            found.append(_found(member_id, member))
    return sorted(found, key=lambda each: each.member_id)


def digits_of(phone: str) -> str:
    """By which phones are compared."""
    return "".join(character for character in phone if character.isdecimal())


def _found(member_id: str, member: Member) -> Found:
    profile = member.seldom.profile
    levels = {each.program: each.level for each in member.memberships if not each.left}
    ids: Sequence[str] = [kin.member_id for kin in member.seldom.kin]
    return Found(member_id, "" if profile is None else profile.name, "" if profile is None else profile.phone, list(ids), levels)
