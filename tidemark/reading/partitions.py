"""What a changelog partition holds now, read without taking it over: a member's record, or the whole of the state.

A turn stands there whole or not at all, so what is read is exact as of where the partition ended when it was asked, and nobody is held up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

from aiokafka.client import AIOKafkaClient

from broker.client.produce import Identity
from rules.state import Member
from tables.commit_log import CommitLog
from tables.layout import is_put_by, member_id_of, member_key
from tables.member.put_by import PutBy
from tables.member.record import decode_member
from tables.partition import PartitionTable
from tidemark.reading.topics import DEADLINE_SECONDS, Topics

# Of nobody: it is read only.
_NOBODY = Identity(-1, -1)


class Kept(NamedTuple):
    """The state of a partition, and where its changelog ended."""

    table: PartitionTable
    end: int


async def read_partition(topics: Topics, topic: str, partition: int, keep_orders_ms: int, *, copied: bool = False) -> Kept:
    """The state of a partition; `copied`: the changelog is a copy from elsewhere. Raises Corrupt, BrokerUnavailable."""
    _, end = await topics.span((topic, partition))
    table = PartitionTable(partition, {}, keep_orders_ms)
    await CommitLog(topic, partition, _NOBODY, end).recover(topics.fetcher, table, DEADLINE_SECONDS, copied=copied)
    return Kept(table, end)


async def read_member(topics: Topics, topic: str, partition: int, member_id: str) -> Member | None:
    """A member of a changelog partition, with all that is put by; None where there is none. Raises BrokerUnavailable."""
    place, key, put_by = (topic, partition), member_key(member_id), PutBy()
    found: bytes | None = None
    async for record in topics.records(place, *await topics.span(place)):
        if record.key == key:
            found = record.value
        elif record.key is not None and is_put_by(record.key, member_id):
            put_by.load(record.key, record.value)
    if found is None:
        return None
    member = decode_member(found)
    put_by.bring_back(member_id, member)
    return member


async def read_members(topics: Topics, topic: str, partition: int) -> dict[str, bytes]:
    """The records of all members of a changelog partition, as they stand (see `decode_member`). Raises BrokerUnavailable."""
    place = (topic, partition)
    found: dict[str, bytes] = {}
    async for record in topics.records(place, *await topics.span(place)):
        member_id = None if record.key is None else member_id_of(record.key)
        if member_id is None:
            continue
        if record.value is None:
            found.pop(member_id, None)
        else:
            found[member_id] = record.value
    return found


async def all_members(client: AIOKafkaClient, topic: str) -> AsyncIterator[dict[str, bytes]]:
    """The same of each partition of the changelog that the client knows, one after the other. Raises BrokerUnavailable."""
    topics = Topics(client)
    for partition in sorted(client.cluster.partitions_for_topic(topic) or ()):
        yield await read_members(topics, topic, partition)
