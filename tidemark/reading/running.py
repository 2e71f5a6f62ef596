"""A running system as its workers have committed it: all its members, beside the definitions as they are now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka.client import AIOKafkaClient

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.produce import settled
from streams.definitions import Definitions
from streams.topics import AGGREGATE_CHANGELOG, DEFINITIONS
from tidemark.reading.partitions import all_members


class Running:
    """Made by `open_running`."""

    def __init__(self, client: AIOKafkaClient, changelog: str, definitions: Definitions) -> None:
        self.definitions = definitions
        self._client = client
        self._changelog = changelog

    def members(self) -> AsyncIterator[dict[str, bytes]]:
        """See `all_members`."""
        return all_members(self._client, self._changelog)


@asynccontextmanager
async def open_running(connection: Connection, prefix: str, client_name: str) -> AsyncIterator[Running]:
    """Raises BrokerUnavailable, NewerFormat."""
    changelog = prefix + AGGREGATE_CHANGELOG
    client = await open_client(connection, client_name)
    try:
        await settled(client, [changelog, prefix + DEFINITIONS])
        definitions = Definitions(client, prefix + DEFINITIONS)
        await definitions.read_to_end()
        yield Running(client, changelog, definitions)
    finally:
        await client.close()
