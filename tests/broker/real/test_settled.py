"""Topics that a broker does not know yet: one that has just started may know them only some time after it answers."""

from __future__ import annotations

import asyncio

import pytest

from broker.client.client import open_client
from broker.client.connection import BrokerUnavailable, Connection
from broker.client.produce import settled
from devtools.kafka import Kafka
from tests.broker.real.reading import make_topic

pytestmark = pytest.mark.kafka


def test_a_worker_asks_again_and_a_command_says_what_to_do(kafka: Kafka, prefix: str) -> None:
    topic = f"{prefix}orders"

    async def run() -> None:
        client = await open_client(Connection(kafka.bootstrap, request_timeout_ms=1_000), "tests")
        try:
            worker = asyncio.create_task(settled(client, [topic], 60))
            with pytest.raises(BrokerUnavailable, match="is not there: create it with `tidemark topics`"):
                await settled(client, [topic])
            assert not worker.done()
            await asyncio.to_thread(make_topic, kafka.bootstrap, topic)
            await worker
        finally:
            await client.close()

    asyncio.run(run())
