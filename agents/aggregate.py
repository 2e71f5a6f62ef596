"""The aggregation: what has arrived is folded into the partitions that are ours, and the turns are committed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, Callable, Sequence
from enum import Enum, auto
from math import inf

from agents.fold.settings import FoldSettings
from agents.metrics import TURNS
from agents.ownership.ownership import Ownership
from agents.readiness import MAX_VIEW_SECONDS
from agents.turns.committer import Committer
from agents.turns.pace import MOST_ON_THEIR_WAY, Pace
from agents.turns.shard import Sealed, Shard
from agents.turns.watermark import BrokerTime, Quiet, watermark_ms
from streams.consumer.turn_consumer import Arrived
from streams.definitions import Definitions

# A partition in which nothing was due is looked at again after that.
_SWEEP_SECONDS = 1.0
# What is folded for longer goes out in parts: a request more costs the broker less than a wait costs the first orders.
_FOLD_SECONDS = 0.004


class _Look(Enum):
    """What came of looking whether something is due in a partition."""

    NOTHING = auto()
    MUST_WAIT = auto()
    DID = auto()


class Aggregation:
    """Folds and hands over; one for a worker."""

    def __init__(
        self,
        ownership: Ownership,
        committer: Committer,
        definitions: Definitions,
        settings: FoldSettings,
        took: Callable[[], None],
        quiet: Callable[[str, int], Quiet | None],
        broker_time: BrokerTime,
    ) -> None:
        """`took`: tells the consumer that there is room for more. `quiet`: of a source (short name) and partition, that nothing came."""
        self._ownership = ownership
        self._committer = committer
        self._definitions = definitions
        self._settings = settings
        self._took = took
        self._quiet = quiet
        self._broker_time = broker_time
        self._pace = Pace(settings.seen_to)
        # By partition, its newest turn of nothing but what was due; and when it was last found that nothing is, in monotonic seconds.
        self._swept: dict[int, int] = {}
        self._nothing_due_at: dict[int, float] = {}

    async def run(self, stream: AsyncIterable[Arrived]) -> None:
        """The agent: what has arrived, turn by turn."""
        async for arrived in stream:
            for part in arrived.parts:
                if part.records:
                    self._broker_time.heard(part.records[-1].timestamp_ms)
            async with self._ownership.turn:
                await self._take(arrived)

    async def sweep(self) -> None:
        """Sees to what is due in partitions to which nothing comes, some at a time, until cancelled: orders go on between."""
        while True:
            await self._definitions.fresh(MAX_VIEW_SECONDS)
            looked = [await self._look(partition) for partition in list(self._ownership.shards)]
            if _Look.DID in looked:
                await asyncio.sleep(0)
            elif _Look.MUST_WAIT in looked:
                await self._committer.room()
            else:
                await asyncio.sleep(_SWEEP_SECONDS)

    async def _look(self, partition: int) -> _Look:
        """Looks whether something is due in a partition, where that is not too soon, and sees to some of it."""
        if time.monotonic() - self._nothing_due_at.get(partition, -inf) < _SWEEP_SECONDS:
            return _Look.NOTHING
        async with self._ownership.turn:
            shard = self._ownership.shards.get(partition)
            if shard is None:
                return _Look.NOTHING
            if not self._may_see_to(shard):
                return _Look.MUST_WAIT
            if not await self._see_to(shard):
                self._nothing_due_at[partition] = time.monotonic()
                return _Look.NOTHING
        await self._pace.let_orders_pass()
        return _Look.DID

    def _may_see_to(self, shard: Shard) -> bool:
        """Whether a turn of what is due may be had now: an order that comes after it is to find no queue, here or at a broker."""
        partition = shard.partition
        if shard.busy():
            return self._has_room(shard)
        if self._committer.commits(partition) or not shard.may_seal() or shard.published_through < self._swept.get(partition, 0):
            return False
        return sum(map(self._is_on_its_way, self._swept)) < MOST_ON_THEIR_WAY

    def _is_on_its_way(self, partition: int) -> bool:
        """Whether a partition's newest turn of what was due is: a broker that hangs holds up only what it leads."""
        shard = self._ownership.shards.get(partition)
        if shard is None or self._committer.held_up(partition):
            return False
        return shard.published_through < self._swept[partition]

    async def _see_to(self, shard: Shard) -> bool:
        """A turn of what is due in a partition, whether or not time has moved on there; whether there was any."""
        if shard.busy():
            # It was held up, and perhaps is no longer.
            return await self._fold([shard])
        self._mind_keepers(shard)
        self._ownership.go_on(shard)
        quiet = [(position, self._quiet(topic, shard.partition)) for topic, position in shard.positions.items()]
        idle_until_ms = None if shard.busy() else watermark_ms(quiet, self._broker_time)
        if idle_until_ms is not None:
            shard.table.clock.reach(idle_until_ms)
        began = time.perf_counter()
        sealed = shard.see_to(self._definitions.rulebook, self._settings, self._pace.members)
        if sealed is None:
            return False
        self._pace.took(time.perf_counter() - began)
        self._swept[shard.partition] = sealed.turn
        TURNS.inc()
        await self._committer.put([sealed])
        return True

    def _mind_keepers(self, shard: Shard) -> None:
        """A partition of whose members too many grants wait for keepers takes nothing that may owe more, until enough are decided."""
        changed = (bool(shard.table.made) or shard.waits_for_keepers) and shard.look_at_keepers(self._settings)
        if shard.waits_for_keepers:
            self._ownership.wait_for_keepers(shard)
        elif changed:
            self._ownership.go_on(shard)

    async def _take(self, arrived: Arrived) -> None:
        """Folds what arrived, in as many turns as it takes; a partition that a broker holds up is left for later."""
        shards = self._ownership.arrive(arrived)
        while (waiting := [shard for shard in shards if shard.busy()]) and not self._ownership.leaving:
            await self._definitions.fresh(MAX_VIEW_SECONDS)
            if await self._fold(waiting):
                continue
            if all(self._committer.held_up(shard.partition) for shard in waiting):
                for shard in waiting:
                    self._ownership.hold_up(shard)
                    # The sweep folds what waits in it once it can.
                    self._nothing_due_at.pop(shard.partition, None)
                break
            await self._committer.room()
        self._took()

    def _has_room(self, shard: Shard) -> bool:
        """Whether another turn of the partition can be sealed and handed over."""
        return shard.may_seal() and self._committer.has_room(shard.partition)

    async def _fold(self, shards: Sequence[Shard]) -> bool:
        """One turn of every partition that has something; whether there was any.

        What is folded is handed over now and then, so that the first need not wait for the last, and what was acknowledged or fetched
        meanwhile goes on.
        """
        sealed: list[Sealed] = []
        some = False
        began = time.perf_counter()
        for shard in shards:
            if not (shard.busy() and self._has_room(shard)):
                continue
            some = True
            sealed.append(shard.fold(self._definitions.rulebook, self._settings))
            self._mind_keepers(shard)
            TURNS.inc()
            if time.perf_counter() - began > _FOLD_SECONDS:
                await self._committer.put(sealed)
                sealed = []
                await asyncio.sleep(0)
                began = time.perf_counter()
        if sealed:
            await self._committer.put(sealed)
        return some
