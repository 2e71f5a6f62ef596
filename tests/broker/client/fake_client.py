"""A cluster in memory, as far as our clients ask aiokafka's for it: who leads what, and brokers that answer, refuse or hang."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from types import SimpleNamespace
from typing import Any

from aiokafka.errors import RequestTimedOutError

from broker.client.offsets import Place


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
        self.cluster = SimpleNamespace(leader_for_partition=lambda place: self.known.get((place.topic, place.partition)))

    def add_topic(self, topic: str) -> None:
        """It is followed already."""

    def force_metadata_update(self) -> asyncio.Future[bool]:
        """At once."""
        self.known = dict(self.leads)
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        future.set_result(True)
        return future

    async def send(self, node: int, request: Any, *, group: object = None) -> Any:
        """A Produce request, or one for offsets, that is answered by whoever leads the partition."""
        answer: Callable[[Place, Any], tuple[Any, ...]] = self._append if hasattr(request, "_timeout") else self._end
        topics = [(topic, [(partition, value) for partition, value in partitions]) for topic, partitions in request._topics]
        self.requests.append((node, [(topic, partition) for topic, partitions in topics for partition, _ in partitions]))
        if node in self.hung:
            await self.woken.wait()
            raise RequestTimedOutError
        await asyncio.sleep(0)
        return SimpleNamespace(
            topics=[
                (topic, [self._answer(node, (topic, each[0]), each[1], answer) for each in partitions])
                for topic, partitions in topics
            ]
        )

    def _answer(self, node: int, place: Place, value: Any, answer: Callable[[Place, Any], tuple[Any, ...]]) -> tuple[Any, ...]:
        if self.leads[place] != node:
            return (place[1], 6, -1, -1)
        if codes := self.codes.get(place):
            return (place[1], codes.pop(0), -1, -1)
        return answer(place, value)

    def _append(self, place: Place, batch: bytes) -> tuple[Any, ...]:
        offset = self.ends.get(place, 0)
        self.ends[place] = offset + 1
        return (place[1], 0, offset, -1)

    def _end(self, place: Place, _: int) -> tuple[Any, ...]:
        return (place[1], 0, -1, self.ends.get(place, 0))


def place(partition: int) -> Place:
    """Of the topic that all of it is about."""
    return ("t", partition)


def in_a_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """A test that is a coroutine."""

    @wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        asyncio.run(test(*args, **kwargs))

    return run
