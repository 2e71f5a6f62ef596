"""Taking a partition over: the fence, what was committed of it, and where to read its sources on."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import structlog
from aiokafka.client import AIOKafkaClient

from agents.turns.committer import Probe
from agents.turns.shard import Shard
from broker.client.fetch import Fetcher, PositionLost
from broker.client.offsets import EARLIEST, LATEST, Place, offsets
from broker.client.produce import Producer
from broker.client.retries import patiently
from broker.wire.batches import ByTopic
from rules.clock import Clock
from tables.commit_log import CommitLog, Corrupt, lost
from tables.keeping import Keeping
from tables.partition import PartitionTable

_log = structlog.get_logger()

_RECOVERY_FETCH_BYTES = 8 * 1024 * 1024
# Each holds a fetch of that size. More than one broker of a cluster leads of a worker's partitions: where it hangs, the others go on.
_RECOVERED_AT_ONCE = 16
# A broker that was asleep may say for a moment what was so before: nothing is believed lost until it has been so for that long.
_LOST_AFTER_SECONDS = 5.0
_LOOK_AGAIN_SECONDS = 0.5


class OwnershipSettings(NamedTuple):
    """What is owned: a changelog, its sources, and the topics that only its turns put out to, by short name. `topic_ids`: which
    incarnation of each; `accept_loss`: sources whose deleted documents are given up; `clock` and `keeping`:
    those of all partitions, in a replay.
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
    keeping: Keeping | None = None


class Taken(NamedTuple):
    """A partition that is ours, and what its last turns put out and may not have been published, by turn."""

    shard: Shard
    unpublished: Mapping[int, ByTopic]


class Takeover:
    """Takes partitions over: fence, recovery, positions."""

    def __init__(self, client: AIOKafkaClient, producer: Producer, settings: OwnershipSettings, probe: Probe) -> None:
        self._client = client
        self._producer = producer
        self._settings = settings
        self._fetcher = Fetcher(client, _RECOVERY_FETCH_BYTES, _RECOVERY_FETCH_BYTES)
        self._probe = probe
        self._recovering = asyncio.Semaphore(_RECOVERED_AT_ONCE)

    async def take(self, partition: int) -> Taken:
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
        seed = secrets.randbits(64)
        table = PartitionTable(partition, topic_ids, settings.keep_orders_ms, seed, settings.clock, settings.keeping)
        async with self._recovering:
            recovered = await log.recover(self._fetcher, table, settings.deadline_seconds)
        self._probe("recovery.read")
        if not table.head.turn:
            await self._never_committed(partition)
        positions = await self._positions(partition, table.head.positions)
        shard = Shard(table, log, positions, by_line=settings.clock is not None)
        _log.info(
            "partition_taken",
            changelog=changelog,
            partition=partition,
            turn=table.head.turn,
            members=len(table.members),
            seconds=round(time.monotonic() - started, 3),
        )
        return Taken(shard, recovered.unpublished)

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
