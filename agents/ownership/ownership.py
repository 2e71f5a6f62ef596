"""Owning partitions: taken over at an assignment, let go before the next.

The assignment hook only starts this; heartbeats go on, and what is not yet taken over is not read.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from agents.metrics import MEMBERS, PARTITIONS
from agents.turns.committer import Committer, Probe
from agents.turns.shard import Shard
from broker.client.fetch import EARLIEST, LATEST, Fetched, Fetcher, Place, PositionLost
from broker.client.produce import Producer
from rules.clock import Clock
from streams.consumer.turn_consumer import Arrived
from tables.commit_log import CommitLog
from tables.partition import PartitionTable

_log = structlog.get_logger()

_RECOVERY_FETCH_BYTES = 16 * 1024 * 1024
_RETRY_SECONDS = 0.2


class SessionLost(Exception):
    """The consumer group gave our partitions to others while we were silent; the message says what to do."""


class OwnershipSettings(NamedTuple):
    """What is owned: a changelog and the sources that go with it, by short name. `topic_ids`: which incarnation of each;
    `accept_loss`: sources whose deleted documents are given up; `clock`: one for all partitions, where there is one.
    """

    prefix: str
    changelog: str
    sources: Sequence[str]
    topic_ids: dict[str, str]
    keep_orders_ms: int
    deadline_seconds: float
    accept_loss: Sequence[str]
    clock: Clock | None = None


class Takeover:
    """Takes partitions over, one after the other: fence, recovery, the last outputs again, positions."""

    def __init__(
        self, client: AIOKafkaClient, producer: Producer, committer: Committer, settings: OwnershipSettings, probe: Probe
    ) -> None:
        self._client = client
        self._producer = producer
        self._committer = committer
        self._settings = settings
        self._fetcher = Fetcher(client, _RECOVERY_FETCH_BYTES, _RECOVERY_FETCH_BYTES)
        self._probe = probe

    async def take(self, partition: int) -> Shard:
        """A partition that is ours from now on, as it was last committed. Raises Corrupt, Fenced, WriteFailed, PositionLost."""
        settings = self._settings
        started = time.monotonic()
        changelog = settings.prefix + settings.changelog
        log = await CommitLog.take(
            self._client, self._producer, changelog, partition, settings.deadline_seconds, int(time.time() * 1000)
        )
        self._probe("recovery.fenced")
        topic_ids = dict(settings.topic_ids)
        table = PartitionTable(partition, topic_ids, settings.keep_orders_ms, secrets.randbits(64), settings.clock)
        recovered = await log.recover(self._fetcher, table)
        self._probe("recovery.read")
        shard = Shard(table, log, await self._positions(partition, table.head.positions))
        await self._committer.publish_again(shard, recovered.unpublished)
        shard.published_through = table.head.turn
        self._probe("recovery.published")
        MEMBERS.labels(str(partition)).set(len(table.members))
        _log.info(
            "partition_taken",
            changelog=changelog,
            partition=partition,
            turn=table.head.turn,
            members=len(table.members),
            seconds=round(time.monotonic() - started, 3),
        )
        return shard

    async def renew(self, shard: Shard) -> None:
        """Stays the owner of a partition of which nothing is under way. Raises Fenced, WriteFailed."""
        await shard.log.renew(self._client, self._producer, self._settings.deadline_seconds, int(time.time() * 1000))
        _log.info("fence_renewed", changelog=shard.log.topic, partition=shard.partition, epoch=shard.log.identity.epoch)

    async def still_ours(self, shard: Shard) -> bool:
        """Whether nobody has written to the changelog since we let go of the partition: a new owner begins with a fence."""
        place = (shard.log.topic, shard.partition)
        return (await self._offsets([place], LATEST))[place] == shard.log.expected_offset

    async def _positions(self, partition: int, kept: Mapping[str, int]) -> dict[str, int]:
        """Where to read each source on. A source never read before is read from its beginning.

        Raises PositionLost where a source begins after our position, or ends before it.
        """
        prefix = self._settings.prefix
        places: list[Place] = [(prefix + topic, partition) for topic in self._settings.sources]
        earliest = await self._offsets(places, EARLIEST)
        latest = await self._offsets(places, LATEST)
        positions = {}
        for topic, place in zip(self._settings.sources, places, strict=True):
            position = positions[topic] = kept.get(topic, earliest[place])
            if position < earliest[place]:
                if topic not in self._settings.accept_loss:
                    raise PositionLost(
                        f"{place[0]}/{partition} begins at offset {earliest[place]}, but only what is before {position} was read: its "
                        "retention has deleted documents that were never counted. Produce them again if you have them, and raise the "
                        f"topic's retention.ms; to go on without them, set TIDEMARK_ACCEPT_LOSS={topic}"
                    )
                _log.error("documents_lost", topic=place[0], partition=partition, first=position, until=earliest[place])
                positions[topic] = earliest[place]
            if position > latest[place]:
                raise PositionLost(
                    f"{place[0]}/{partition} ends at offset {latest[place]}, but {position} was already read: the topic was deleted "
                    "and made again, or the broker lost data. Restore it, or start afresh under another TIDEMARK_PREFIX"
                )
        return positions

    async def _offsets(self, places: Sequence[Place], which: int) -> dict[Place, int]:
        give_up_at = time.monotonic() + self._settings.deadline_seconds
        while True:
            try:
                return await self._fetcher.offsets(places, which)
            except KafkaError as error:
                if time.monotonic() > give_up_at:
                    raise
                _log.warning("offsets_retried", reason=repr(error))
                await asyncio.sleep(_RETRY_SECONDS)


class Ownership:
    """The partitions that are ours now. Implements what the consumer tells its owner."""

    def __init__(
        self,
        takeover: Takeover,
        committer: Committer,
        settings: OwnershipSettings,
        open_: Callable[[dict[Place, int]], None],
        fail: Callable[[BaseException], None],
        generation: Callable[[], int],
        revoke_seconds: float,
    ) -> None:
        """`open_`: reads sources from offsets on. `fail`: ends the worker. `revoke_seconds`: for the turn in hand, at a revocation."""
        self.shards: dict[int, Shard] = {}
        # Held while partitions are folded.
        self.turn = asyncio.Lock()
        self.failed = fail
        self._takeover = takeover
        self._committer = committer
        self._settings = settings
        self._open = open_
        self._generation = generation
        self._revoke_seconds = revoke_seconds
        self._let_go: dict[int, Shard] = {}
        self._task: asyncio.Task[None] | None = None

    async def revoked(self) -> None:
        """Finishes the turn in hand. Raises TimeoutError where that takes too long, SessionLost where others own it by now."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self.shards and self._generation() < 1:
            raise SessionLost(
                "the consumer group's session was lost: this worker was silent for longer than TIDEMARK_SESSION_TIMEOUT_MS, and others "
                "own its partitions by now; start it again"
            )
        async with asyncio.timeout(self._revoke_seconds):
            async with self.turn:
                await self._committer.idle()
                self._let_go, self.shards = self.shards, {}
                PARTITIONS.set(0)

    def arrive(self, arrived: Arrived) -> list[Shard]:
        """Hands what has arrived to the partitions that it is for; those. What came under an older generation is for none."""
        if arrived.generation != self._generation():
            return []
        by_partition: dict[int, list[tuple[str, Fetched]]] = {}
        for part in arrived.parts:
            by_partition.setdefault(part.partition, []).append((part.topic.removeprefix(self._settings.prefix), part))
        shards = []
        for partition, parts in by_partition.items():
            if partition in self.shards:
                self.shards[partition].arrive(parts)
                shards.append(self.shards[partition])
        return shards

    def assigned(self, partitions: frozenset[int], generation: int) -> None:
        """Takes over in the background."""
        let_go, self._let_go = self._let_go, {}
        self._task = asyncio.create_task(self._take(partitions, generation, let_go))
        self._task.add_done_callback(self._took)

    async def renew(self, every_seconds: float) -> None:
        """Renews the fences now and then, before the broker forgets them, until cancelled. Raises Fenced, WriteFailed."""
        while True:
            await asyncio.sleep(every_seconds)
            async with self.turn:
                await self._committer.idle()
                # A copy: others are taken over meanwhile.
                for shard in list(self.shards.values()):
                    await self._takeover.renew(shard)

    async def _take(self, partitions: frozenset[int], generation: int, let_go: dict[int, Shard]) -> None:
        _log.info(
            "partitions_assigned",
            changelog=self._settings.prefix + self._settings.changelog,
            partitions=sorted(partitions),
            generation=generation,
        )
        for partition in sorted(partitions):
            shard = let_go.pop(partition, None)
            if shard is None or not await self._takeover.still_ours(shard):
                shard = await self._takeover.take(partition)
            else:
                shard.forget_waiting()
            self.shards[partition] = shard
            PARTITIONS.set(len(self.shards))
            self._open({(self._settings.prefix + topic, partition): offset for topic, offset in shard.positions.items()})

    def _took(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failed(error)
