"""A cluster in memory, as far as our clients ask aiokafka's for it: who leads what, and brokers that answer, refuse or hang."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import wraps
from types import SimpleNamespace
from typing import Any

from aiokafka.errors import RequestTimedOutError

from broker.client.epochs import UNKNOWN
from broker.client.offsets import Place
from broker.wire.frames import FetchedBatches, FetchedPartition, LeanFetch


class FakeClient:
    """`leads`: the node of each partition as it is; `known`: as it was when metadata was last read. Nodes in `hung` do not answer; `codes`:
    errors that a partition answers with, one a request.
    """

    def __init__(self, leads: dict[Place, int]) -> None:
        self.leads = leads
        self.known = dict(leads)
        self.hung: set[int] = set()
        self.codes: dict[Place, list[int]] = {}
        self.requests: list[tuple[int, list[Place]]] = []
        self.ends: dict[Place, int] = {}
        self.woken = asyncio.Event()
        self.epochs = SimpleNamespace(of=lambda place: UNKNOWN)
        self.looked_up_at = float("-inf")
        self.cluster = SimpleNamespace(leader_for_partition=lambda place: self.known.get((place.topic, place.partition)))

    def add_topic(self, topic: str) -> None:
        """It is followed already."""

    def force_metadata_update(self) -> asyncio.Future[bool]:
        """At once."""
        self.known = dict(self.leads)
        self.looked_up_at = time.monotonic()
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        future.set_result(True)
        return future

    async def send(self, node: int, request: Any, *, group: object = None) -> Any:
        """A request to produce, for offsets, or to fetch where nothing new stands: answered by whoever leads the partition."""
        answer: Callable[[Place, Any], tuple[Any, ...]] = self._append if hasattr(request, "_timeout") else self._end
        topics = [(topic, [(each[0], each[-1]) for each in partitions]) for topic, partitions in request._topics]
        self.requests.append((node, [(topic, partition) for topic, partitions in topics for partition, _ in partitions]))
        if node in self.hung:
            await self.woken.wait()
            raise RequestTimedOutError
        await asyncio.sleep(0)
        if isinstance(request, LeanFetch):
            return FetchedBatches([(topic, [self._nothing(node, (topic, each[0])) for each in rows]) for topic, rows in topics])
        return SimpleNamespace(
            topics=[
                (topic, [self._answer(node, (topic, each[0]), each[1], answer) for each in partitions])
                for topic, partitions in topics
            ]
        )

    def _answer(self, node: int, place: Place, value: Any, answer: Callable[[Place, Any], tuple[Any, ...]]) -> tuple[Any, ...]:
        if self.leads[place] != node:
            return (place[1], 6, -1, -1, -1)
        if codes := self.codes.get(place):
            return (place[1], codes.pop(0), -1, -1, -1)
        return answer(place, value)

    def _append(self, place: Place, batch: bytes) -> tuple[Any, ...]:
        offset = self.ends.get(place, 0)
        self.ends[place] = offset + 1
        return (place[1], 0, offset, -1, -1)

    def _end(self, place: Place, _: int) -> tuple[Any, ...]:
        return (place[1], 0, -1, self.ends.get(place, 0), -1)

    def _nothing(self, node: int, place: Place) -> FetchedPartition:
        if self.leads[place] != node:
            return FetchedPartition(place[1], 6, -1, (), b"")
        return FetchedPartition(place[1], 0, self.ends.get(place, 0), (), b"")


def place(partition: int) -> Place:
    """Of the topic that all of it is about."""
    return ("t", partition)


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine."""

    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run
