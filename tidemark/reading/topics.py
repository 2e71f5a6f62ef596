"""Records of a partition, read once from one offset to another."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiokafka.client import AIOKafkaClient

from broker.client.fetch import Fetcher
from broker.client.offsets import EARLIEST, LATEST, Place, offsets
from broker.client.reading import read_through
from broker.client.retries import patiently
from broker.wire.records import Record

_FETCH_BYTES = 8 * 1024 * 1024
# Without an answer.
DEADLINE_SECONDS = 30.0


class Topics:
    """Reads topics that the client knows. Everything raises BrokerUnavailable where no broker answers."""

    def __init__(self, client: AIOKafkaClient) -> None:
        self._client = client
        self.fetcher = Fetcher(client, _FETCH_BYTES, _FETCH_BYTES)

    async def span(self, place: Place) -> tuple[int, int]:
        """Where a partition begins, and where it ends."""
        return await self._offset(place, EARLIEST), await self._offset(place, LATEST)

    async def records(self, place: Place, start: int, end: int) -> AsyncIterator[Record]:
        """The records from an offset to another, which is not among them."""
        async for part in read_through(self.fetcher, place, start, end, DEADLINE_SECONDS):
            for record in part.records:
                if start <= record.offset < end:
                    yield record

    async def count(self, place: Place, start: int, end: int) -> int:
        """How many these are: offsets have gaps."""
        return sum([1 async for _ in self.records(place, start, end)])

    async def _offset(self, place: Place, which: int) -> int:
        what = f"where {place[0]}/{place[1]} begins and ends"
        return (await patiently(lambda: offsets(self._client, [place], which), what, DEADLINE_SECONDS))[place]
