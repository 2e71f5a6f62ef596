"""Faust's consumer, with what has arrived handed to the agent as one message of raw records for all partitions.

Faust's own path wraps each message in tasks and bookkeeping, and commits what was not acknowledged; here the group membership is
aiokafka's, the fetching is ours (see `broker.client.fetch`), and positions are those of the commit log, never the group's. The private
parts of Faust and aiokafka that this leans on are named, one by one, in tests/contract.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust import Schema
from faust.transport.drivers.aiokafka import Transport
from faust.types import TP, ConsumerMessage

from broker.client.client import Client
from broker.client.connection import Connection
from broker.client.fetch import Fetched, Fetcher, Place
from streams.consumer.empty_consumer import EmptyConsumer
from streams.consumer.reader import Reader

_log = structlog.get_logger()

# Turns handed to the agent and not yet taken by it.
_MAX_HANDED = 2
_NEVER_MS = 2**31 - 1
# A heartbeat is how a worker learns that another came or went.
_LEAST_HEARTBEAT_MS, _MOST_HEARTBEAT_MS = 200, 500
_WATCH_SECONDS = 1.0


class LeftGroup(Exception):
    """The consumer group does not know this worker any more; the message says what to do."""


class Arrived(NamedTuple):
    """What has arrived, under one generation of the consumer group."""

    generation: int
    parts: list[Fetched]


class Owner(Protocol):
    """Who owns the partitions' state: told of every assignment, and asked to let go before the next."""

    async def revoked(self) -> None:
        """Lets go of every partition: when it returns, no write of ours is under way."""

    def assigned(self, partitions: frozenset[int], generation: int) -> None:
        """Starts taking over these partitions; must not wait."""

    def failed(self, error: BaseException) -> None:
        """Ends the worker with this error."""


class Consuming(NamedTuple):
    """How a TurnTransport consumes. `fetch_pause_ms`: least time between two fetches, and `most_fetch_pause_ms` where much comes;
    `session_timeout_ms`: after it a silent worker loses its partitions; `instance`: its name in the group, where it has one; limits in
    bytes are of one fetch, of one partition in it, and of what a batch inflates to.
    """

    connection: Connection
    group: str
    fetch_pause_ms: float
    most_fetch_pause_ms: float
    session_timeout_ms: int
    instance: str | None
    rebalance_timeout_ms: int
    max_fetch_bytes: int
    max_partition_bytes: int
    max_inflated_bytes: int


class RawSchema(Schema):  # type: ignore[misc]
    """Hands what the consumer puts into a message to the agent as it is."""

    def compile(self, app: Any, **_: Any) -> Any:
        """Faust's hook: the function that makes an event of a message."""

        async def decode(message: Any, *, propagate: bool = False) -> Any:
            return app.create_event(None, message.value, None, message)

        return decode


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, consumer: TurnConsumer) -> None:
        self._consumer = consumer

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> Awaitable[None]:
        self._consumer.app.on_rebalance_start()
        return self._consumer.on_partitions_revoked({TP(tp.topic, tp.partition) for tp in revoked})

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        generation = self._consumer.generation()
        self._consumer.app.consumer_generation_id = generation
        await self._consumer.on_partitions_assigned({TP(tp.topic, tp.partition) for tp in assigned}, generation)


class TurnConsumer(EmptyConsumer):
    """One for a worker, in its own loop. Reads only what was opened, from the positions given."""

    transport: TurnTransport
    _group: AIOKafkaConsumer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._handed = 0
        self._taken = asyncio.Event()
        self._listener = _Listener(self)

    async def on_start(self) -> None:
        """Joins nothing yet: the group is joined when Faust subscribes."""
        consuming = self.transport.consuming
        self._group = AIOKafkaConsumer(
            group_id=consuming.group,
            client_id=consuming.group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            # Every topic here has as many partitions, so that range gives each worker the same partitions of all of them.
            partition_assignment_strategy=[RangePartitionAssignor],
            group_instance_id=consuming.instance,
            session_timeout_ms=consuming.session_timeout_ms,
            heartbeat_interval_ms=max(_LEAST_HEARTBEAT_MS, min(_MOST_HEARTBEAT_MS, consuming.session_timeout_ms // 5)),
            rebalance_timeout_ms=consuming.rebalance_timeout_ms,
            # Progress is watched by the deadline of writes: an idle consumer is not a dead one.
            max_poll_interval_ms=_NEVER_MS,
        )
        # A coordinator that hangs must be given up before the session is over, so that the next one hears of us in time.
        most_ms = consuming.session_timeout_ms // 2
        connection = consuming.connection
        self._group._client = Client(
            replace(connection, request_timeout_ms=min(connection.request_timeout_ms, most_ms)), consuming.group
        )
        # Before anything is awaited: whoever keeps the figures asks it, however long the broker takes.
        fetcher = Fetcher(
            self._group._client,
            consuming.max_fetch_bytes,
            consuming.max_partition_bytes,
            consuming.max_inflated_bytes,
            gapless=True,
        )
        self._reader = Reader(
            fetcher, consuming.fetch_pause_ms / 1000, consuming.most_fetch_pause_ms / 1000, self._room, self._hand
        )
        await self._group.start()
        # Its own fetching is not used: ours hands over raw batches and knows no positions but those of the commit log.
        await self._group._fetcher.close()
        self._watching = asyncio.create_task(self._watch_group())

    async def _watch_group(self) -> None:
        """Ends the worker where its membership has ended: aiokafka waits in silence until somebody asks."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            try:
                self._group._coordinator.check_errors()
            except KafkaError as error:
                self.transport.owner.failed(
                    LeftGroup(
                        f"this worker is no member of group {self.transport.consuming.group} any more ({error}): look at the broker that "
                        "coordinates the group, and at what the user may do; the worker starts again by its supervisor"
                    )
                )
                return

    async def on_stop(self) -> None:
        """Leaves the group; where the worker has a name in it (`instance`), its partitions stay its own for a session."""
        self._watching.cancel()
        await super().on_stop()
        await self._group.stop()

    def generation(self) -> int:
        """The generation of the group that this worker last joined; below 1 when the session was lost."""
        return int(self._group._coordinator.generation)

    def open(self, positions: Mapping[Place, int]) -> None:
        """Reads these partitions too, from these offsets on."""
        self._reader.open(positions)

    def shut(self, places: Iterable[Place]) -> None:
        """Reads these partitions no further, until they are opened again."""
        self._reader.shut(places)

    def quiet(self, topic: str, partition: int) -> tuple[int, float] | None:
        """A position of a partition after which nothing stood when it was asked for, and when it was (by the loop's clock)."""
        return self._reader.quiet.get((topic, partition))

    def heard(self, topic: str, partition: int) -> tuple[int, float] | None:
        """Where a partition ended when a broker last answered of it, and when it was asked, by the loop's clock."""
        return self._reader.heard.get((topic, partition))

    def fetch_retries(self) -> int:
        """How often a fetch failed since we began."""
        return self._reader.retries

    def took(self) -> None:
        """The agent has taken one message: there is room for another."""
        self._handed = max(0, self._handed - 1)
        self._taken.set()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Lets the owner finish the turn in hand before anything else is told."""
        self._reader.close()
        try:
            await self.transport.owner.revoked()
            await super().on_partitions_revoked(revoked)
        except Exception as error:
            self.transport.owner.failed(error)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Has the owner take over; that goes on in the background, heartbeats going on."""
        try:
            await super().on_partitions_assigned(assigned, generation_id)
            self._handed = 0
            self._taken.set()
            self.transport.owner.assigned(_partition_set(assigned), generation_id)
        except Exception as error:
            self.transport.owner.failed(error)

    async def _drain_messages(self, fetcher: Any) -> None:
        """Faust's hook: hands over what arrives until the fetcher is stopped."""
        try:
            await self._reader.run(lambda: bool(self.should_stop or fetcher.should_stop))
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.transport.owner.failed(error)

    async def _room(self) -> None:
        """Waits until the agent has taken all but a few of what it was handed."""
        while self._handed >= _MAX_HANDED:
            self._taken.clear()
            await self._taken.wait()

    async def _hand(self, parts: list[Fetched]) -> None:
        """Hands the agent what was read as one message."""
        self._handed += 1
        generation = self.generation()
        tp = TP(parts[0].topic, parts[0].partition)
        message = ConsumerMessage(
            tp.topic,
            tp.partition,
            parts[0].next_offset - 1,
            0.0,
            0,
            [],
            None,
            Arrived(generation, parts),
            None,
            0,
            0,
            tp=tp,
            generation_id=generation,
        )
        await self.callback(message)

    async def commit_positions(self, positions: Mapping[Place, int]) -> None:
        """Tells the group how far we are: for lag and dashboards only. A failure is logged: nothing depends on it."""
        offsets = {TopicPartition(*place): OffsetAndMetadata(offset, "") for place, offset in positions.items()}
        try:
            await self._group.commit(offsets)
        except KafkaError as error:
            _log.info("group_offsets_not_committed", reason=repr(error))

    async def subscribe(self, topics: Iterable[str]) -> None:
        """Joins the group."""
        self._group.subscribe(topics=set(topics), listener=self._listener)

    def assignment(self) -> set[TP]:
        """What the group has given us."""
        return {TP(tp.topic, tp.partition) for tp in self._group.assignment()}

    async def position(self, tp: Any) -> int | None:
        """The next offset to fetch."""
        return self._reader.positions.get((tp.topic, tp.partition))

    def topic_partitions(self, topic: str) -> int | None:
        """How many partitions a topic has."""
        partitions = self._group.partitions_for_topic(topic)
        return len(partitions) if partitions else None


class TurnTransport(Transport):  # type: ignore[misc]
    """Faust's transport with the TurnConsumer; `consuming` and `owner` must be set before the app starts."""

    Consumer = TurnConsumer
    consuming: Consuming
    owner: Owner


def _partition_set(assigned: Iterable[TP]) -> frozenset[int]:
    """The partitions assigned, the same of every topic. Raises AssertionError where the topics differ."""
    by_topic: dict[str, set[int]] = {}
    for tp in assigned:
        by_topic.setdefault(tp.topic, set()).add(tp.partition)
    sets = list(by_topic.values())
    assert all(partitions == sets[0] for partitions in sets), f"topics were not assigned as one set of partitions: {by_topic}"
    return frozenset(sets[0]) if sets else frozenset()
