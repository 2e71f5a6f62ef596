"""Lean fetching: raw record batches of many partitions with one request to each leader."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    NoError,
    OffsetOutOfRangeError,
    UnknownTopicOrPartitionError,
    for_code,
)
from msgspec import Struct

from broker.client.offsets import Place as Place
from broker.wire.batches import first_batch_bytes, parse
from broker.wire.frames import LeanFetch
from broker.wire.records import Record


class PositionLost(Exception):
    """The position to read from is not in the partition: retention has passed it, or the topic was made again."""


class Fetched(Struct, gc=False):
    """What came of one partition: where it was read from, its records in order, where to read on, and where the partition ends."""

    topic: str
    partition: int
    from_offset: int
    records: list[Record]
    next_offset: int
    end_offset: int


class Fetcher:
    """Fetches from positions that the caller keeps."""

    def __init__(self, client: AIOKafkaClient, max_bytes: int, max_partition_bytes: int) -> None:
        self.client = client
        self._max_bytes = max_bytes
        self._max_partition_bytes = max_partition_bytes
        # Where each partition ended when it was last answered.
        self.ends: dict[Place, int] = {}
        # Of partitions whose next batch is larger than the usual limit.
        self._wanted_bytes: dict[Place, int] = {}

    async def fetch(self, node: int, positions: Mapping[Place, int], wait_ms: int) -> list[Fetched]:
        """What one node has from these positions on, waiting up to `wait_ms` for a first byte.

        Raises PositionLost; KafkaError where it is worth trying again.
        """
        by_topic: dict[str, list[tuple[int, int, int]]] = {}
        for place, offset in positions.items():
            limit = self._wanted_bytes.get(place, self._max_partition_bytes)
            by_topic.setdefault(place[0], []).append((place[1], offset, limit))
        request = LeanFetch(wait_ms, self._max_bytes, list(by_topic.items()))
        response = await self.client.send(node, request)
        found = []
        for topic, partitions in response.topics:
            for partition, code, end_offset, *rest in partitions:
                error_type = for_code(code)
                place = (topic, partition)
                if error_type is OffsetOutOfRangeError:
                    raise PositionLost(
                        f"{topic}/{partition}: offset {positions[place]} is not there any more: retention has passed it, or the topic was "
                        "deleted and made again. Start the worker again: it says which, and what to do"
                    )
                if error_type is not NoError:
                    if error_type is UnknownTopicOrPartitionError or getattr(error_type, "invalid_metadata", False):
                        self.client.force_metadata_update()
                    raise error_type(f"{topic}/{partition}")
                self.ends[place] = end_offset
                data = rest[-1]
                if data:
                    records, next_offset = parse(data, positions[place])
                    if next_offset == positions[place]:
                        self._wanted_bytes[place] = max(2 * self._max_partition_bytes, first_batch_bytes(data))
                    else:
                        self._wanted_bytes.pop(place, None)
                        found.append(Fetched(topic, partition, positions[place], records, next_offset, end_offset))
        return found
