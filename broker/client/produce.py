"""Idempotent producing to many partitions with one request, each partition under a producer id of its choice."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    DuplicateSequenceNumber,
    InvalidProducerEpoch,
    KafkaError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    for_code,
)
from aiokafka.structs import TopicPartition
from msgspec import Struct

from broker.client.connection import BrokerUnavailable
from broker.client.retries import Backoff, Said
from broker.wire.frames import LeanProduce

_MAX_SEQUENCE = 2**31
_REQUEST_SECONDS = 4.0
_REPLICAS_SHARE = 0.75
# To one broker at once: it works on one of a connection at a time, and finds the next when it is done.
_MOST_REQUESTS = 2
# A broker takes 100 MiB (socket.request.max.bytes).
_MOST_REQUEST_BYTES = 32 * 1024 * 1024

Place = tuple[str, int]
Done = Callable[[list[int]], None]
Failed = Callable[[Exception], None]


class Fenced(Exception):
    """The broker refused a write because another owner has taken the partition."""


class WriteFailed(Exception):
    """A write was refused for good, or was not acknowledged before its deadline. Whether it was done is not known."""


class Identity:
    """A producer id and epoch, and the sequence number of what comes next, by partition. One owner: not shared."""

    def __init__(self, producer_id: int, epoch: int) -> None:
        self.producer_id = producer_id
        self.epoch = epoch
        self._sequences: dict[tuple[str, int], int] = {}

    def take(self, topic: str, partition: int, count: int) -> int:
        """The sequence number of the first of `count` records."""
        sequence = self._sequences.get((topic, partition), 0)
        self._sequences[topic, partition] = (sequence + count) % _MAX_SEQUENCE
        return sequence


class Write(Struct, gc=False):
    """A record batch for a partition, and how many records it holds."""

    topic: str
    partition: int
    data: bytes
    records: int


def _nobody_listens(appended_ms: int) -> None:
    """Whoever does not ask for the broker's time."""


class Group(Struct, gc=False):
    """Writes that are done when all are acknowledged: their base offsets, how many are not there yet, and whom to tell."""

    offsets: list[int]
    left: int
    done: Done
    failed: Failed
    over: bool = False


class _Pending(Struct, gc=False):
    """A write that is not acknowledged, where it belongs, and its number in its group."""

    place: Place
    data: bytes
    group: Group
    number: int
    give_up_at: float


class Producer:
    """Sends batches, retries what can be retried until a deadline, and says at which offsets they stand.

    Each broker has its own requests: what gathers while they are under way goes in the next. A partition's batches go one after the
    other, in the order in which they were given. So one that does not answer holds up the partitions that it leads, and no others.
    """

    def __init__(
        self,
        client: AIOKafkaClient,
        deadline_seconds: float,
        heard: Callable[[int], None] = _nobody_listens,
        request_seconds: float = _REQUEST_SECONDS,
    ) -> None:
        """`deadline_seconds`: after it a write that no leader has acknowledged counts as failed. `heard`: is told at which time (epoch ms)
        a broker appended a batch, of topics with LogAppendTime. `request_seconds`: the client's own time for a request.
        """
        self._heard = heard
        self._client = client
        self._deadline_seconds = deadline_seconds
        # In-sync replicas must have answered by then: before the request is given up, so that it is the broker that says why.
        self._timeout_ms = int(request_seconds * 1000 * _REPLICAS_SHARE)
        # By partition: what is not acknowledged; the first may be under way, or wait to be tried again.
        self._queues: dict[Place, deque[_Pending]] = {}
        self._names: dict[Place, TopicPartition] = {}
        # Partitions of whose queue the first can go.
        self._ready: list[Place] = []
        self._backoffs: dict[Place, Backoff] = {}
        self._said = Said("write_retried")
        self._under_way: dict[int, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pumping = False

    async def send(self, writes: Sequence[Write]) -> list[int]:
        """Acknowledged by all in-sync replicas when it returns: the base offsets, in the order of `writes`; -1 where the broker
        had the batch already and has forgotten where. Raises Fenced, WriteFailed.
        """
        if not writes:
            return []
        acknowledged: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()

        def done(offsets: list[int]) -> None:
            if not acknowledged.done():
                acknowledged.set_result(offsets)

        def failed(error: Exception) -> None:
            if not acknowledged.done():
                acknowledged.set_exception(error)

        group = self.put(writes, done, failed)
        try:
            return await acknowledged
        finally:
            group.over = True

    def put(self, writes: Sequence[Write], done: Done, failed: Failed) -> Group:
        """As `send`, for whoever does not wait: tells `done` the base offsets, or `failed` why, once; within the loop, later."""
        group = Group([-1] * len(writes), len(writes), done, failed)
        give_up_at = time.monotonic() + self._deadline_seconds
        queues = self._queues
        for number, write in enumerate(writes):
            place = (write.topic, write.partition)
            pending = _Pending(place, write.data, group, number, give_up_at)
            queue = queues.get(place)
            if queue is None:
                queue = queues[place] = deque()
                self._names[place] = TopicPartition(*place)
            if not queue:
                self._ready.append(place)
            queue.append(pending)
        self._pump_soon()
        return group

    def _pump_soon(self) -> None:
        """What is given within one step of the loop goes together."""
        if not self._pumping:
            self._pumping = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        """One request to each broker that has room for another, with the next batch of each partition that it leads."""
        self._pumping = False
        ready, self._ready = self._ready, []
        by_leader: dict[int, list[_Pending]] = {}
        leader_of = self._client.cluster.leader_for_partition
        for place in dict.fromkeys(ready):
            queue = self._queues[place]
            # Nobody waits for it any more, and it was not sent.
            while queue and queue[0].group.over:
                queue.popleft()
            if not queue:
                continue
            leader = leader_of(self._names[place])
            pending = by_leader.get(leader)
            if pending is None:
                if leader is None or leader == -1:
                    self._client.add_topic(place[0])
                    self._again(place, "no leader is known")
                    continue
                pending = by_leader[leader] = []
            pending.append(queue[0])
        for leader, pending in by_leader.items():
            under_way = self._under_way.get(leader, 0)
            most = _fitting(pending) if under_way < _MOST_REQUESTS else 0
            self._ready += [each.place for each in pending[most:]]
            if most:
                self._under_way[leader] = under_way + 1
                task = asyncio.create_task(self._request(leader, pending[:most]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _request(self, leader: int, pending: Sequence[_Pending]) -> None:
        """One Produce request: what it acknowledges is done, what can be tried again is, later and to whoever leads it then."""
        by_topic: dict[str, list[tuple[int, bytes]]] = {}
        unanswered = {}
        for each in pending:
            topic, partition = each.place
            by_topic.setdefault(topic, []).append((partition, each.data))
            unanswered[each.place] = each
        reason = "not in the answer"
        try:
            response = await self._client.send(leader, LeanProduce(self._timeout_ms, list(by_topic.items())))
            for topic, partitions in response.topics:
                for partition, code, offset, appended_ms, *_ in partitions:
                    place = (topic, partition)
                    if unanswered.pop(place, None) is None:
                        continue
                    if code == 0:
                        if appended_ms > 0:
                            self._heard(appended_ms)
                        self._acknowledged(place, offset)
                    else:
                        self._refused(place, code, offset)
        except KafkaError as error:
            reason = repr(error)
        except Exception as error:
            for place in unanswered:
                self._failed(place, error)
            return
        finally:
            self._under_way[leader] -= 1
        for place in unanswered:
            self._again(place, reason)
        if self._ready:
            self._pump_soon()

    def _acknowledged(self, place: Place, offset: int) -> None:
        queue = self._queues[place]
        pending = queue.popleft()
        if queue:
            self._ready.append(place)
        if self._backoffs:
            self._backoffs.pop(place, None)
        group = pending.group
        group.offsets[pending.number] = offset
        group.left -= 1
        if not group.left and not group.over:
            group.over = True
            group.done(group.offsets)

    def _refused(self, place: Place, code: int, offset: int) -> None:
        error_type = for_code(code)
        name = f"{place[0]}/{place[1]}"
        if error_type is DuplicateSequenceNumber:
            self._acknowledged(place, offset)
        elif error_type in (InvalidProducerEpoch, ProducerFenced):
            self._failed(place, Fenced(f"{name} has another owner"))
        elif error_type is OutOfOrderSequenceNumber or not error_type.retriable:
            self._failed(place, WriteFailed(f"{name}: {error_type.__name__}: {error_type.description}"))
        else:
            self._again(place, error_type.__name__)

    def _again(self, place: Place, reason: str) -> None:
        """Tries the partition's first batch again, after a pause, if its time is not over."""
        pending = self._queues[place][0]
        if time.monotonic() > pending.give_up_at:
            name = f"{place[0]}/{place[1]}"
            self._failed(place, WriteFailed(f"not acknowledged within {self._deadline_seconds:g} s: {name}: {reason}"))
            return
        self._said.warn(topic=place[0], partition=place[1], reason=reason)
        self._client.force_metadata_update()
        pause = self._backoffs.setdefault(place, Backoff()).seconds()
        asyncio.get_running_loop().call_later(pause, self._release, place)

    def _release(self, place: Place) -> None:
        self._ready.append(place)
        self._pump_soon()

    def _failed(self, place: Place, error: Exception) -> None:
        """What comes after it in the partition would leave a gap: it fails too."""
        self._backoffs.pop(place, None)
        queue = self._queues[place]
        while queue:
            group = queue.popleft().group
            if not group.over:
                group.over = True
                group.failed(error)


def _fitting(pending: Sequence[_Pending]) -> int:
    """How many of these go in one request: one always does."""
    size = 0
    for number, each in enumerate(pending):
        size += len(each.data)
        if number and size > _MOST_REQUEST_BYTES:
            return number
    return len(pending)


async def settled(client: AIOKafkaClient, topics: Sequence[str], patient_seconds: float = 0.0) -> None:
    """Waits until the client knows the partitions of the topics. Raises BrokerUnavailable where one does not exist.

    `patient_seconds`: so long is asked again, as a broker that has just started may know its topics only some time later.
    """
    give_up_at = time.monotonic() + patient_seconds
    for topic in topics:
        while True:
            try:
                await asyncio.wait_for(client._wait_on_metadata(topic), timeout=10)
                break
            except (KafkaError, TimeoutError) as error:
                if time.monotonic() >= give_up_at:
                    raise BrokerUnavailable(f"topic {topic} is not there: create it with `tidemark topics`") from error
