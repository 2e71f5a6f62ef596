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

from agents.readiness import Readiness
from agents.turns.committer import Committer, Probe
from agents.turns.shard import Shard
from broker.client.fetch import Fetched, Fetcher, PositionLost
from broker.client.offsets import EARLIEST, LATEST, Place, offsets
from broker.client.produce import Producer
from broker.client.retries import patiently
from rules.clock import Clock
from streams.consumer.turn_consumer import Arrived
from tables.commit_log import CommitLog, Corrupt, lost
from tables.partition import PartitionTable

_log = structlog.get_logger()

_RECOVERY_FETCH_BYTES = 8 * 1024 * 1024
# Each holds a fetch of that size. More than one broker of a cluster leads of a worker's partitions: where it hangs, the others go on.
_RECOVERED_AT_ONCE = 16
# A broker that was asleep may say for a moment what was so before: nothing is believed lost until it has been so for that long.
_LOST_AFTER_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.5


class SessionLost(Exception):
    """The consumer group gave our partitions to others while we were silent; the message says what to do."""


class NotLetGo(Exception):
    """The turn in hand could not be finished before others take our partitions over; the message says what to do."""


class OwnershipSettings(NamedTuple):
    """What is owned: a changelog, its sources, and the topics that only its turns put out to, by short name. `topic_ids`: which
    incarnation of each; `accept_loss`: sources whose deleted documents are given up; `clock`: one for all partitions, where there is one.
    """

    prefix: str
    changelog: str
    sources: Sequence[str]
    outputs: Sequence[str]
    topic_ids: dict[str, str]
    keep_orders_ms: int
    deadline_seconds: float
    accept_loss: Sequence[str]
    clock: Clock | None = None


class Takeover:
    """Takes partitions over: fence, recovery, the last outputs again, positions."""

    def __init__(
        self, client: AIOKafkaClient, producer: Producer, committer: Committer, settings: OwnershipSettings, probe: Probe
    ) -> None:
        self._client = client
        self._producer = producer
        self._committer = committer
        self._settings = settings
        self._fetcher = Fetcher(client, _RECOVERY_FETCH_BYTES, _RECOVERY_FETCH_BYTES)
        self._probe = probe
        self._recovering = asyncio.Semaphore(_RECOVERED_AT_ONCE)

    async def take(self, partition: int) -> Shard:
        """A partition that is ours from now on, as it was last committed.

        Raises Corrupt, Fenced, WriteFailed, BrokerUnavailable, PositionLost.
        """
        settings = self._settings
        started = time.monotonic()
        changelog = settings.prefix + settings.changelog
        log = await CommitLog.take(
            self._client, self._producer, changelog, partition, settings.deadline_seconds, int(time.time() * 1000)
        )
        self._probe("recovery.fenced")
        topic_ids = dict(settings.topic_ids)
        table = PartitionTable(partition, topic_ids, settings.keep_orders_ms, secrets.randbits(64), settings.clock)
        async with self._recovering:
            recovered = await log.recover(self._fetcher, table, settings.deadline_seconds)
        self._probe("recovery.read")
        if not table.head.turn:
            await self._never_committed(partition)
        positions = await self._positions(partition, table.head.positions)
        shard = Shard(table, log, positions, by_line=settings.clock is not None)
        await self._committer.publish_again(shard, recovered.unpublished)
        shard.published_through = table.head.turn
        self._probe("recovery.published")
        _log.info(
            "partition_taken",
            changelog=changelog,
            partition=partition,
            turn=table.head.turn,
            members=len(table.members),
            seconds=round(time.monotonic() - started, 3),
        )
        return shard

    async def _never_committed(self, partition: int) -> None:
        """Nothing may stand where only a committed turn puts it: a changelog without a turn was lost, then. Raises Corrupt."""
        places: list[Place] = [(self._settings.prefix + topic, partition) for topic in self._settings.outputs]
        put_out = [f"{topic}/{partition}" for (topic, _), end in (await self._offsets(places, LATEST)).items() if end]
        if put_out:
            raise Corrupt(
                lost(f"{self._settings.prefix}{self._settings.changelog}/{partition}", f"it is empty, and {put_out} are not")
            )

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
        give_up_at = time.monotonic() + _LOST_AFTER_SECONDS
        while True:
            earliest = await self._offsets(places, EARLIEST)
            latest = await self._offsets(places, LATEST, committed=False)
            try:
                positions = {
                    topic: self._position(topic, place, kept.get(topic, earliest[place]), earliest[place], latest[place])
                    for topic, place in zip(self._settings.sources, places, strict=True)
                }
            except PositionLost:
                if time.monotonic() > give_up_at:
                    raise
                await self._client.force_metadata_update()
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            else:
                return positions

    def _position(self, topic: str, place: Place, position: int, earliest: int, latest: int) -> int:
        """Where to read a source on, which begins and ends there. Raises PositionLost."""
        name = f"{place[0]}/{place[1]}"
        if position > latest:
            raise PositionLost(
                f"{name} ends at offset {latest}, but {position} was already read: the topic was deleted and made again, or the broker "
                "lost data. Restore it, or start afresh under another TIDEMARK_PREFIX"
            )
        if position >= earliest:
            return position
        if topic not in self._settings.accept_loss:
            raise PositionLost(
                f"{name} begins at offset {earliest}, but only what is before {position} was read: its retention has deleted documents "
                "that were never counted. Produce them again if you have them, and raise the topic's retention.ms; to go on without them, "
                f"set TIDEMARK_ACCEPT_LOSS={topic}"
            )
        _log.error("documents_lost", topic=place[0], partition=place[1], first=position, until=earliest)
        return earliest

    async def _offsets(self, places: Sequence[Place], which: int, *, committed: bool = True) -> dict[Place, int]:
        what = f"where {', '.join(f'{topic}/{partition}' for topic, partition in places)} begin and end"
        return await patiently(
            lambda: offsets(self._client, places, which, committed=committed), what, self._settings.deadline_seconds
        )


class Ownership:
    """The partitions that are ours now. Implements what the consumer tells its owner."""

    def __init__(
        self,
        takeover: Takeover,
        committer: Committer,
        settings: OwnershipSettings,
        open_: Callable[[dict[Place, int]], None],
        shut: Callable[[Sequence[Place]], None],
        fail: Callable[[BaseException], None],
        generation: Callable[[], int],
        revoke_seconds: float,
        readiness: Readiness,
    ) -> None:
        """`open_`: reads sources from offsets on; `shut`: no further, until they are opened again. `fail`: ends the worker.
        `revoke_seconds`: for the turn in hand, at a revocation. `readiness`: told of what becomes of partitions.
        """
        self.shards: dict[int, Shard] = {}
        # Held while partitions are folded.
        self.turn = asyncio.Lock()
        self.failed = fail
        self._takeover = takeover
        self._committer = committer
        self._settings = settings
        self._open = open_
        self._shut = shut
        # Partitions whose sources are read no further while a broker holds up their turns.
        self._held_up: set[int] = set()
        self._generation = generation
        self._revoke_seconds = revoke_seconds
        self._readiness = readiness
        self._let_go: dict[int, Shard] = {}
        self._task: asyncio.Task[None] | None = None

    async def revoked(self) -> None:
        """Finishes the turn in hand. Raises NotLetGo where that takes too long, SessionLost where others own it by now."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self.shards and self._generation() < 1:
            raise SessionLost(
                "the consumer group's session was lost: this worker was silent for longer than TIDEMARK_SESSION_TIMEOUT_MS, and others "
                "own its partitions by now; start it again"
            )
        try:
            async with asyncio.timeout(self._revoke_seconds), self.turn:
                await self._committer.idle()
                self._let_go, self.shards = self.shards, {}
                self._held_up.clear()
                self._readiness.let_go()
        except TimeoutError as error:
            raise NotLetGo(
                f"the group moves our partitions, and the turn in hand was not written within {self._revoke_seconds:g} s, half of "
                "TIDEMARK_REBALANCE_TIMEOUT_MS: the brokers were away for that long. Nothing is lost: start the worker again"
            ) from error

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

    def hold_up(self, shard: Shard) -> None:
        """Reads no further for a partition whose turns do not get away, so that what waits does not grow."""
        if shard.partition not in self._held_up:
            self._held_up.add(shard.partition)
            self._shut([(self._settings.prefix + topic, shard.partition) for topic in shard.positions])
            _log.warning("partition_held_up", changelog=shard.log.topic, partition=shard.partition)

    def go_on(self, shard: Shard) -> None:
        """Reads on where it was held up and all that waited is folded."""
        if shard.partition in self._held_up:
            self._held_up.discard(shard.partition)
            self._open({(self._settings.prefix + topic, shard.partition): offset for topic, offset in shard.positions.items()})
            _log.info("partition_goes_on", changelog=shard.log.topic, partition=shard.partition)

    def assigned(self, partitions: frozenset[int], generation: int) -> None:
        """Takes over in the background."""
        self._readiness.assigned(partitions)
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
        # Side by side: one whose leader does not answer holds up no other; those that may be ours still come first.
        first = sorted(partitions, key=lambda partition: (partition not in let_go, partition))
        await asyncio.gather(*(self._take_one(partition, let_go.get(partition)) for partition in first))

    async def _take_one(self, partition: int, shard: Shard | None) -> None:
        """`shard`: the partition as it was when it was let go of."""
        self._readiness.taking_over(partition)
        if shard is None or not await self._takeover.still_ours(shard):
            shard = await self._takeover.take(partition)
        else:
            shard.forget_waiting()
            _log.info("partition_kept", changelog=shard.log.topic, partition=partition, turn=shard.table.head.turn)
        self.shards[partition] = shard
        self._readiness.taken(partition)
        self._open({(self._settings.prefix + topic, partition): offset for topic, offset in shard.positions.items()})

    def _took(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failed(error)
