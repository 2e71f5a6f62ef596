"""Idempotent producing to many partitions with one request, each partition under a producer id of its choice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    DuplicateSequenceNumber,
    InvalidProducerEpoch,
    KafkaError,
    NoError,
    OutOfOrderSequenceNumber,
    ProducerFenced,
    for_code,
)
from aiokafka.structs import TopicPartition
from msgspec import Struct

from broker.client.connection import BrokerUnavailable
from broker.wire.frames import LeanProduce

_log = structlog.get_logger()

_RETRY_SECONDS = 0.1
_MAX_SEQUENCE = 2**31


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


class Producer:
    """Sends batches, retries what can be retried until a deadline, and says at which offsets they stand."""

    def __init__(self, client: AIOKafkaClient, deadline_seconds: float, heard: Callable[[int], None] = _nobody_listens) -> None:
        """`deadline_seconds`: after it a write that is not acknowledged counts as failed. `heard`: is told at which time (epoch ms) a
        broker appended a batch, of topics with LogAppendTime.
        """
        self._heard = heard
        self._client = client
        self._deadline_seconds = deadline_seconds

    async def send(self, writes: Sequence[Write]) -> list[int]:
        """Acknowledged by all in-sync replicas when it returns: the base offsets, in the order of `writes`; -1 where the broker
        had the batch already and has forgotten where. At most one write a partition. Raises Fenced, WriteFailed.
        """
        offsets: dict[tuple[str, int], int] = {}
        left = {(write.topic, write.partition): write for write in writes}
        assert len(left) == len(writes), "one batch a partition a request"
        give_up_at = time.monotonic() + self._deadline_seconds
        while left:
            failed = ""
            by_leader, unknown = self._by_leader(left)
            if unknown:
                failed = f"no leader for {unknown}"
            requests = [self._request(node, batches, offsets) for node, batches in by_leader.items()]
            # One leader's alone needs no task of its own.
            for error in [await requests[0]] if len(requests) == 1 else await asyncio.gather(*requests):
                failed = error or failed
            left = {place: write for place, write in left.items() if place not in offsets}
            if left:
                if time.monotonic() > give_up_at:
                    raise WriteFailed(f"not acknowledged within {self._deadline_seconds} s: {sorted(left)}: {failed}")
                _log.warning("write_retried", partitions=sorted(left), reason=failed)
                await asyncio.sleep(_RETRY_SECONDS)
                await self._client.force_metadata_update()
        return [offsets[write.topic, write.partition] for write in writes]

    def _by_leader(self, left: Mapping[tuple[str, int], Write]) -> tuple[dict[int, list[Write]], list[tuple[str, int]]]:
        """The writes by the node that leads their partition, and the partitions of which no leader is known."""
        by_leader: dict[int, list[Write]] = {}
        unknown = []
        for place, write in left.items():
            leader = self._client.cluster.leader_for_partition(TopicPartition(*place))
            if leader is None or leader == -1:
                unknown.append(place)
                self._client.add_topic(write.topic)
            else:
                by_leader.setdefault(leader, []).append(write)
        return by_leader, unknown

    async def _request(self, node: int, writes: Sequence[Write], offsets: dict[tuple[str, int], int]) -> str:
        """One Produce request: adds the acknowledged to `offsets`; says why others can be tried again."""
        by_topic: dict[str, list[tuple[int, bytes]]] = {}
        for write in writes:
            by_topic.setdefault(write.topic, []).append((write.partition, write.data))
        request = LeanProduce(int(self._deadline_seconds * 1000), list(by_topic.items()))
        try:
            response = await self._client.send(node, request)
        except KafkaError as error:
            return repr(error)
        failed = ""
        for topic, partitions in response.topics:
            for partition, code, offset, appended_ms, *_ in partitions:
                error_type = for_code(code)
                if error_type is NoError or error_type is DuplicateSequenceNumber:
                    offsets[topic, partition] = offset
                    if appended_ms > 0:
                        self._heard(appended_ms)
                elif error_type in (InvalidProducerEpoch, ProducerFenced):
                    raise Fenced(f"{topic}/{partition} has another owner")
                elif error_type is OutOfOrderSequenceNumber or not error_type.retriable:
                    raise WriteFailed(f"{topic}/{partition}: {error_type.__name__}: {error_type.description}")
                else:
                    failed = f"{topic}/{partition}: {error_type.__name__}"
        return failed


async def settled(client: AIOKafkaClient, topics: Sequence[str]) -> None:
    """Waits until the client knows the partitions of the topics. Raises BrokerUnavailable where one does not exist."""
    for topic in topics:
        try:
            await asyncio.wait_for(client._wait_on_metadata(topic), timeout=10)
        except (KafkaError, TimeoutError) as error:
            raise BrokerUnavailable(f"topic {topic} is not there: create it with `tidemark topics`") from error
