"""Owning partitions: taken over at an assignment, let go before the next.

The assignment hook only starts this; heartbeats go on, and what is not yet taken over is not read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any

import structlog

from agents.ownership.takeover import OwnershipSettings, Takeover
from agents.readiness import Readiness
from agents.turns.committer import Committer
from agents.turns.shard import Shard
from broker.client.fetch import Fetched
from broker.client.offsets import Place
from broker.wire.batches import ByTopic
from streams.consumer.turn_consumer import Arrived

_log = structlog.get_logger()

# For the turn in hand, where the worker is stopped: within what supervisors give.
_STOP_SECONDS = 10.0


class SessionLost(Exception):
    """The consumer group gave our partitions to others while we were silent; the message says what to do."""


class NotLetGo(Exception):
    """The turn in hand could not be finished before others take our partitions over; the message says what to do."""


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
        # Whether what waits to be folded is to be left for later: somebody waits for the turn in hand to be over.
        self.leaving = False
        # Held while partitions are folded.
        self.turn = asyncio.Lock()
        self.failed = fail
        self._takeover = takeover
        self._committer = committer
        self._settings = settings
        self._open = open_
        self._shut = shut
        # By partition, the sources that are read no further: while a broker holds up its turns, or too much waits for keepers.
        self._shut_of: dict[int, frozenset[str]] = {}
        self._generation = generation
        self._revoke_seconds = revoke_seconds
        self._readiness = readiness
        self._let_go: dict[int, Shard] = {}
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    async def revoked(self) -> None:
        """Finishes the turn in hand. Raises NotLetGo where that takes too long, SessionLost where others own it by now."""
        try:
            await self._let_go_of_all(self._revoke_seconds)
        except TimeoutError as error:
            raise NotLetGo(
                f"the group moves our partitions, and the turn in hand was not written within {self._revoke_seconds:g} s, half of "
                "TIDEMARK_REBALANCE_TIMEOUT_MS: the brokers were away for that long. Nothing is lost: start the worker again"
            ) from error

    async def stop(self) -> None:
        """Finishes the turn in hand, and takes nothing over any more. Raises NotLetGo, SessionLost, as `revoked`."""
        self._stopped = True
        try:
            await self._let_go_of_all(_STOP_SECONDS)
        except TimeoutError as error:
            raise NotLetGo(
                f"the worker was stopped, and the turn in hand was not written within {_STOP_SECONDS:g} s: the brokers were away for "
                "that long. Nothing is lost: who takes the partitions over may publish the last turns again"
            ) from error

    async def _let_go_of_all(self, seconds: float) -> None:
        self.leaving = True
        try:
            async with asyncio.timeout(seconds):
                if self._task is not None:
                    self._task.cancel()
                    await asyncio.wait([self._task])
                    self._task = None
                if self.shards and self._generation() < 1:
                    raise SessionLost(
                        "the consumer group's session was lost: this worker was silent for longer than TIDEMARK_SESSION_TIMEOUT_MS, "
                        "and others own its partitions by now; start it again"
                    )
                async with self.turn:
                    await self._finish_turns()
                    await self._leave_nothing_to_say()
                    self._let_go, self.shards = self.shards, {}
                    self._shut_of.clear()
                    self._readiness.let_go()
        finally:
            self.leaving = False

    async def _finish_turns(self) -> None:
        """Until all that was folded is committed and published."""
        if in_hand := [shard.seal_in_hand() for shard in self.shards.values() if shard.in_hand()]:
            await self._committer.put(in_hand)
        await self._committer.idle()

    async def _leave_nothing_to_say(self) -> None:
        """All is acknowledged: a turn more says so, so that who takes a partition over publishes nothing again."""
        sealed = [shard.seal(0, []) for shard in self.shards.values() if shard.would_say_again()]
        if sealed:
            await self._committer.put(sealed)
            await self._committer.idle()

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
        if self._read_only(shard, ()):
            _log.warning("partition_held_up", changelog=shard.log.topic, partition=shard.partition)

    def go_on(self, shard: Shard) -> None:
        """Reads on where it was held up and all that waited is folded: what the partition takes now."""
        if self._read_only(shard, shard.topics()):
            _log.info("partition_goes_on", changelog=shard.log.topic, partition=shard.partition)

    def wait_for_keepers(self, shard: Shard) -> None:
        """Reads no further what may owe grants, while too many wait for their keepers."""
        shard.forget_others()
        if self._read_only(shard, shard.topics()):
            _log.warning(
                "partition_waits_for_keepers",
                changelog=shard.log.topic,
                partition=shard.partition,
                grants=shard.table.asked_for(),
                do="see that every partition has a worker: until each has told what it made, a total or a budget that was added "
                "decides nothing",
            )

    def _read_only(self, shard: Shard, topics: Collection[str]) -> bool:
        """Reads of a partition's sources these; whether that is another set than before."""
        before, shut = self._shut_of.pop(shard.partition, frozenset()), frozenset(shard.positions).difference(topics)
        if shut:
            self._shut_of[shard.partition] = shut
            self._shut([(self._settings.prefix + topic, shard.partition) for topic in shut - before])
        if before - shut:
            self._open({(self._settings.prefix + topic, shard.partition): shard.read_through(topic) for topic in before - shut})
        return shut != before

    def assigned(self, partitions: frozenset[int], generation: int) -> None:
        """Takes over in the background."""
        if self._stopped:
            return
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
        taking = [asyncio.ensure_future(self._take_one(partition, let_go.get(partition))) for partition in first]
        try:
            await asyncio.gather(*taking)
        except asyncio.CancelledError:
            # It is over with the first that was cancelled; others are still doing what must not be left half done.
            await asyncio.wait(taking)
            raise

    async def _take_one(self, partition: int, shard: Shard | None) -> None:
        """`shard`: the partition as it was when it was let go of."""
        self._readiness.taking_over(partition)
        if shard is None or not await self._takeover.still_ours(shard):
            shard, unpublished = await self._takeover.take(partition)
            await _to_its_end(self._say_again(shard, unpublished))
        else:
            shard.forget_waiting()
            _log.info("partition_kept", changelog=shard.log.topic, partition=partition, turn=shard.table.head.turn)
        self.shards[partition] = shard
        self._readiness.taken(partition)
        self._open({(self._settings.prefix + topic, partition): offset for topic, offset in shard.positions.items()})

    async def _say_again(self, shard: Shard, unpublished: Mapping[int, ByTopic]) -> None:
        """The last outputs of whoever had the partition and could not say that they are published."""
        await self._committer.publish_again(shard, unpublished)
        self.shards[shard.partition] = shard

    def _took(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.failed(error)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Does what must not be left half done, also where whoever waits for it is cancelled meanwhile."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
