"""A real broker that is asked by another epoch than that by which it leads says so, and is asked again by what it is known by then."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaError

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.fetch import Fetcher
from broker.client.offsets import LATEST, leaders, offsets
from broker.client.produce import settled
from broker.client.retries import patiently
from broker.wire.metadata import PartitionRow, TopicRow
from devtools.kafka import Kafka
from tests.broker.real.reading import make_topic

pytestmark = pytest.mark.kafka


def test_a_broker_answers_by_its_epoch_alone(kafka: Kafka, prefix: str) -> None:
    topic = f"{prefix}orders"
    place = (topic, 0)
    make_topic(kafka.bootstrap, topic)

    async def run() -> None:
        client = await open_client(Connection(kafka.bootstrap), "tests")
        await settled(client, [topic])
        (node,) = leaders(client, [place])
        epoch = client.epochs.of(place)
        assert epoch >= 0
        fetcher = Fetcher(client, 1024, 1024)
        # A topic that was just made is in the metadata before it is where it is read from.
        assert await patiently(lambda: fetcher.fetch(node, {place: 0}, 0), "what is there", 30) == []
        assert await offsets(client, [place], LATEST) == {place: 0}
        # As if we had heard of an election that it has not heard of.
        client.epochs.newest([TopicRow(0, topic, False, [PartitionRow(0, 0, node, [node], [node], epoch + 1)])])
        with pytest.raises(KafkaError, match="error 75"):
            await fetcher.fetch(node, {place: 0}, 0)
        with pytest.raises(KafkaError):
            await offsets(client, [place], LATEST)
        # There was none: what it says for long enough is believed.
        async with asyncio.timeout(30):
            while client.epochs.of(place) != epoch:
                await client.force_metadata_update()
                await asyncio.sleep(0.1)
        assert await offsets(client, [place], LATEST) == {place: 0}
        await client.close()

    asyncio.run(run())
