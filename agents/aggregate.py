"""The aggregation: what has arrived is folded into the partitions that are ours, and the turns are committed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, Callable, Sequence
from enum import Enum, auto
from math import inf

from agents.fold.settings import FoldSettings
from agents.metrics import count_turns
from agents.ownership.ownership import Ownership
from agents.readiness import MAX_VIEW_SECONDS
from agents.turns.committer import Committer
from agents.turns.pace import Pace
from agents.turns.shard import Shard
from agents.turns.watermark import BrokerTime, Quiet, watermark_ms
from streams.consumer.turn_consumer import Arrived
from streams.definitions import Definitions

# A partition in which nothing was due is looked at again after that.
_SWEEP_SECONDS = 1.0
# What is folded for longer goes out in parts: a request more costs the broker less than a wait costs the first orders.
_FOLD_SECONDS = 0.004
# Records of a partition that may wait while others are folded and more is fetched; of a fetch there may be more.
_MOST_LEFT = 1_000


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
        # By partition, when it was last found that nothing is due, in monotonic seconds.
        self._nothing_due_at: dict[int, float] = {}
        # Set where something waits to be folded for which there may be room now.
        self._left = asyncio.Event()
        committer.freed = self._freed
        committer.answered = self._pace.answered

    async def run(self, stream: AsyncIterable[Arrived]) -> None:
        """The agent: what has arrived, turn by turn."""
        async for arrived in stream:
            for part in arrived.parts:
                if part.records:
                    self._broker_time.heard(part.records[-1].timestamp_ms)
            async with self._ownership.turn:
                await self._take(arrived)

    async def sweep(self) -> None:
        """Sees to what is due, some at a time, until cancelled: orders go on between."""
        while True:
            await self._definitions.fresh(MAX_VIEW_SECONDS)
            looked = [await self._look(partition) for partition in list(self._ownership.shards)]
            if _Look.DID in looked:
                await asyncio.sleep(0)
            elif _Look.MUST_WAIT in looked:
                await self._committer.room()
            else:
                await asyncio.sleep(_SWEEP_SECONDS)

    async def fold_left(self) -> None:
        """Folds what had to wait for room once there is some, until cancelled."""
        while True:
            await self._left.wait()
            self._left.clear()
            async with self._ownership.turn:
                if not self._ownership.leaving:
                    await self._definitions.fresh(MAX_VIEW_SECONDS)
                    left = [shard for shard in self._ownership.shards.values() if shard.busy()]
                    await self._fold(left)
                    for shard in left:
                        if not shard.busy():
                            self._ownership.go_on(shard)

    def _freed(self, shard: Shard) -> None:
        """No turn of the partition is on its way to be committed any more, or its ring has room."""
        self._hand_over(shard)
        if shard.busy():
            self._left.set()

    def _hand_over(self, shard: Shard) -> bool:
        """The turn in hand goes, where none of the partition is on its way to be committed: until then it takes in what comes. Whether
        it went.
        """
        if not shard.in_hand() or self._committer.commits(shard.partition):
            return False
        count_turns(1)
        self._committer.put_now([shard.seal_in_hand()])
        self._mind_keepers(shard)
        return True

    async def _look(self, partition: int) -> _Look:
        """Looks whether something is due in a partition, where that is not too soon, and sees to some of it."""
        if time.monotonic() - self._nothing_due_at.get(partition, -inf) < _SWEEP_SECONDS:
            return _Look.NOTHING
        async with self._ownership.turn:
            shard = self._ownership.shards.get(partition)
            if shard is None:
                return _Look.NOTHING
            if shard.busy():
                # It was held up, and perhaps is no longer.
                await self._fold([shard])
            if shard.busy() or shard.seen_to >= self._settings.seen_to or not shard.takes_more(self._definitions.rulebook):
                return _Look.DID if self._hand_over(shard) else _Look.MUST_WAIT
            if not self._see_to(shard):
                self._nothing_due_at[partition] = time.monotonic()
                return _Look.NOTHING
        await self._pace.let_orders_pass()
        return _Look.DID

    def _see_to(self, shard: Shard) -> bool:
        """Sees to some of what is due in a partition, whether or not time has moved on there; whether there was any."""
        self._mind_keepers(shard)
        self._ownership.go_on(shard)
        quiet = [(position, self._quiet(topic, shard.partition)) for topic, position in shard.positions.items()]
        idle_until_ms = watermark_ms(quiet, self._broker_time)
        if idle_until_ms is not None:
            shard.table.clock.reach(idle_until_ms)
        began = time.perf_counter()
        some = shard.see_ahead(self._definitions.rulebook, self._settings, self._pace.members)
        if some:
            self._pace.took(time.perf_counter() - began)
        if not some or self._pace.is_worth_a_turn(shard.seen_to):
            self._hand_over(shard)
        return some

    def _mind_keepers(self, shard: Shard) -> None:
        """A partition of whose members too many grants wait for keepers takes nothing that may owe more, until enough are decided."""
        changed = (bool(shard.table.made) or shard.waits_for_keepers) and shard.look_at_keepers(self._settings)
        if shard.waits_for_keepers:
            self._ownership.wait_for_keepers(shard)
        elif changed:
            self._ownership.go_on(shard)

    async def _take(self, arrived: Arrived) -> None:
        """Folds what arrived. What finds no room waits, unless it is much: then it is waited for; a partition that a broker holds up is
        left for later.
        """
        shards = self._ownership.arrive(arrived)
        if shards and not self._ownership.leaving:
            await self._definitions.fresh(MAX_VIEW_SECONDS)
            await self._fold(shards)
        while (waiting := [shard for shard in shards if shard.busy()]) and not self._ownership.leaving:
            for shard in waiting:
                if self._committer.held_up(shard.partition):
                    self._ownership.hold_up(shard)
                    # The sweep folds what waits in it once it can.
                    self._nothing_due_at.pop(shard.partition, None)
            much = [
                shard for shard in waiting if shard.waiting_records() > _MOST_LEFT and not self._committer.held_up(shard.partition)
            ]
            if not much:
                break
            await self._committer.room()
            await self._definitions.fresh(MAX_VIEW_SECONDS)
            await self._fold(much)
        self._took()

    async def _fold(self, shards: Sequence[Shard]) -> None:
        """Folds what waits into the turns in hand, as far as they take it in, and hands over those that may go.

        Between some of them what was acknowledged or fetched meanwhile goes on, and what is folded is on its way.
        """
        rulebook, settings = self._definitions.rulebook, self._settings
        began = time.perf_counter()
        for shard in shards:
            while shard.busy() and not self._committer.held_up(shard.partition):
                # What a turn of another rulebook leaves, or one that is full, goes into the next.
                if not shard.take_in(rulebook, settings) and not self._hand_over(shard):
                    break
                self._hand_over(shard)
                if time.perf_counter() - began > _FOLD_SECONDS:
                    await asyncio.sleep(0)
                    began = time.perf_counter()
