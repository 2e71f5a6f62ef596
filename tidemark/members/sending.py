"""Records that a command puts on a topic: documents of members, and what it tells of them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec
from aiokafka.client import AIOKafkaClient
from msgspec import Struct

from broker.client.client import open_client
from broker.client.fence import acquire
from broker.client.produce import Identity, Producer, Write, settled
from broker.wire.batches import NO_HEADERS, Entry, build, entry
from streams.decode import NO_LIMITS, Malformed, decode
from streams.routing import partition_of
from streams.topics import MEMBERS
from tidemark.settings.settings import Settings

_DEADLINE_SECONDS = 30.0

_encode = msgspec.json.Encoder().encode


class WrongDocument(Exception):
    """What was asked for makes no document that would be taken; the message says why."""


class Sending:
    """Made by `sending`."""

    def __init__(self, client: AIOKafkaClient, identity: Identity) -> None:
        self._client = client
        self._identity = identity
        self._producer = Producer(client, _DEADLINE_SECONDS)

    def partition(self, topic: str, member_id: str) -> int:
        """Where a member's records of a topic stand."""
        return partition_of(member_id, len(self._client.cluster.partitions_for_topic(topic) or ()))

    async def send(self, topic: str, partition: int, entries: Sequence[Entry]) -> None:
        """Produces one batch; acknowledged when it returns. Raises BrokerUnavailable, WriteFailed."""
        identity = self._identity
        sequence = identity.take(topic, partition, len(entries))
        batch = build(entries, int(time.time() * 1000), identity.producer_id, identity.epoch, sequence)
        await self._producer.send([Write(topic, partition, batch.data, batch.records)])


@asynccontextmanager
async def sending(settings: Settings, topics: Sequence[str]) -> AsyncIterator[Sending]:
    """For these topics (whole names). Raises BrokerUnavailable."""
    client = await open_client(settings.connection(), "tidemark-members")
    try:
        await settled(client, list(topics))
        yield Sending(client, await acquire(client, None, _DEADLINE_SECONDS))
    finally:
        await client.close()


async def send_documents(settings: Settings, documents: Sequence[tuple[str, Struct]], topic: str = MEMBERS) -> None:
    """Produces each, by its member's id, to his partition; acknowledged when it returns. Raises WrongDocument, with nothing sent;
    BrokerUnavailable, WriteFailed.
    """
    whole = settings.prefix + topic
    encoded = [(member_id, _encoded(document)) for member_id, document in documents]
    async with sending(settings, [whole]) as to:
        for member_id, data in encoded:
            await to.send(whole, to.partition(whole, member_id), [entry(member_id.encode(), data, NO_HEADERS)])


def _encoded(document: Struct) -> bytes:
    """As it is sent. Raises WrongDocument."""
    data = _encode(document)
    try:
        decode(data, NO_LIMITS)
    except Malformed as malformed:
        raise WrongDocument(f"nothing was sent: {malformed}") from malformed
    return data
