"""Documents of members, put on the topic `members` by a command."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from broker.client.client import open_client
from broker.client.fence import acquire
from broker.client.produce import Producer, Write, settled
from broker.wire.batches import NO_HEADERS, build, entry
from streams.routing import partition_of
from streams.topics import MEMBERS
from tidemark.settings.settings import Settings

_DEADLINE_SECONDS = 30.0

_encode = msgspec.json.Encoder().encode


async def send_documents(settings: Settings, documents: Sequence[tuple[str, Struct]]) -> None:
    """Produces each, by its member's id, to his partition; acknowledged when it returns. Raises BrokerUnavailable, WriteFailed."""
    topic = settings.prefix + MEMBERS
    client = await open_client(settings.connection(), "tidemark-members")
    try:
        await settled(client, [topic])
        partitions = len(client.cluster.partitions_for_topic(topic) or ())
        producer = Producer(client, _DEADLINE_SECONDS)
        identity = await acquire(client, None, _DEADLINE_SECONDS)
        for member_id, document in documents:
            partition = partition_of(member_id, partitions)
            sequence = identity.take(topic, partition, 1)
            record = entry(member_id.encode(), _encode(document), NO_HEADERS)
            batch = build([record], int(time.time() * 1000), identity.producer_id, identity.epoch, sequence)
            await producer.send([Write(topic, partition, batch.data, batch.records)])
    finally:
        await client.close()
