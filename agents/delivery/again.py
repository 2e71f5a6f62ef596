"""What stands on a sink's topics from their beginning on, for a sink that has lost what it took (spec 4.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from aiokafka.client import AIOKafkaClient

from agents.delivery.decode import Decode
from agents.delivery.settings import DeliverySettings
from broker.client.fetch import Fetcher
from broker.client.offsets import EARLIEST, LATEST, offsets
from broker.client.reading import read_through
from broker.client.retries import patiently
from broker.wire.records import Record
from streams.decode import Malformed

T = TypeVar("T")

_FETCH_BYTES = 4 * 1024 * 1024


class Again(Generic[T]):
    """Of the topics of one sink."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[AIOKafkaClient]],
        prefix: str,
        decode: Mapping[str, Decode[T]],
        settings: DeliverySettings,
        deadline_seconds: float,
    ) -> None:
        """`connect`: gives a client that knows the topics; `prefix`: of the topics; `decode`: by source topic (short name)."""
        self._connect = connect
        self._prefix = prefix
        self._decode = decode
        self._settings = settings
        self._deadline_seconds = deadline_seconds
        self._fetcher: Fetcher | None = None

    async def items(self, partition: int) -> AsyncIterator[list[T]]:
        """All that stands in a partition now, in the order of each topic, some at a time. What cannot be read is among the dead letters.

        Raises BrokerUnavailable, PositionLost.
        """
        if self._fetcher is None:
            self._fetcher = Fetcher(await self._connect(), _FETCH_BYTES, _FETCH_BYTES)
        for topic, decode in self._decode.items():
            place = (self._prefix + topic, partition)
            begin, end = [await self._offset(place, which) for which in (EARLIEST, LATEST)]
            async for part in read_through(self._fetcher, place, begin, end, self._deadline_seconds):
                items = []
                for record in part.records:
                    item = self._item(decode, record)
                    if item is not None:
                        items.append(item)
                if items:
                    yield items

    def _item(self, decode: Decode[T], record: Record) -> T | None:
        try:
            return decode(record.value, self._settings.record_bytes)
        except Malformed:
            return None

    async def _offset(self, place: tuple[str, int], which: int) -> int:
        client = self._fetcher.client if self._fetcher is not None else await self._connect()
        found = await patiently(
            lambda: offsets(client, [place], which), f"where {place[0]}/{place[1]} begins and ends", self._deadline_seconds
        )
        return found[place]
