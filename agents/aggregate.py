"""The aggregation: what has arrived is folded into the partitions that are ours, and the turns are committed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterable, Callable, Sequence

from agents.fold.settings import FoldSettings
from agents.metrics import DOCUMENTS, MEMBERS, TURNS
from agents.ownership.ownership import Ownership
from agents.turns.committer import Committer
from agents.turns.shard import Sealed, Shard
from streams.consumer.turn_consumer import Arrived
from streams.definitions import Definitions

# A worker whose view of the definitions is older waits: others may judge by newer ones (spec 2.5).
MAX_VIEW_SECONDS = 5.0
_SWEEP_SECONDS = 1.0
# What the broker has appended by then has been fetched, where the partition is caught up.
_SWEEP_BEHIND_MS = 10_000
# What is folded for longer goes out in parts: a request more costs the broker less than a wait costs the first orders.
_FOLD_SECONDS = 0.004


class Aggregation:
    """Folds and hands over; one for a worker."""

    def __init__(
        self,
        ownership: Ownership,
        committer: Committer,
        definitions: Definitions,
        settings: FoldSettings,
        took: Callable[[], None],
    ) -> None:
        """`took`: tells the consumer that there is room for more."""
        self._ownership = ownership
        self._committer = committer
        self._definitions = definitions
        self._settings = settings
        self._took = took

    async def run(self, stream: AsyncIterable[Arrived]) -> None:
        """The agent: what has arrived, turn by turn."""
        async for arrived in stream:
            async with self._ownership.turn:
                await self._take(arrived)

    async def sweep(self) -> None:
        """Fires what is due in partitions to which nothing comes, until cancelled."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            async with self._ownership.turn:
                now_ms = int(time.time() * 1000) - _SWEEP_BEHIND_MS
                sealed = []
                for shard in self._ownership.shards.values():
                    MEMBERS.labels(str(shard.partition)).set(len(shard.table.members))
                    if not self._settings.documents_clock and shard.caught_up():
                        turn = shard.sweep(self._definitions.rulebook, self._settings, now_ms)
                        if turn is not None:
                            sealed.append(turn)
                if sealed:
                    await self._committer.put(sealed)
            if not self._settings.documents_clock:
                await self._judge_afresh()

    async def _judge_afresh(self) -> None:
        """Judges everybody by programs that were changed, some at a time: the flow of orders goes on between (spec 3.6)."""
        judging = True
        while judging:
            async with self._ownership.turn:
                now_ms = int(time.time() * 1000) - _SWEEP_BEHIND_MS
                shards = self._ownership.shards.values()
                turns = [shard.judge_afresh(self._definitions.rulebook, self._settings, now_ms) for shard in shards]
                sealed = [turn for turn in turns if turn is not None]
                if sealed:
                    await self._committer.put(sealed)
                judging = bool(sealed)
            await asyncio.sleep(0)

    async def _take(self, arrived: Arrived) -> None:
        """Folds what arrived, in as many turns as it takes."""
        shards = self._ownership.arrive(arrived)
        while any(shard.busy() for shard in shards):
            await self._definitions.fresh(MAX_VIEW_SECONDS)
            if not await self._fold(shards):
                await self._committer.idle()
        self._took()

    async def _fold(self, shards: Sequence[Shard]) -> bool:
        """One turn of every partition that has something; whether there was any.

        What is folded is handed over now and then, so that the first need not wait for the last, and what was acknowledged or fetched
        meanwhile goes on.
        """
        sealed: list[Sealed] = []
        some = False
        began = time.perf_counter()
        for shard in shards:
            if not (shard.busy() and shard.may_seal()):
                continue
            some = True
            sealed.append(shard.fold(self._definitions.rulebook, self._settings))
            TURNS.inc()
            DOCUMENTS.inc(sealed[-1].documents)
            if time.perf_counter() - began > _FOLD_SECONDS:
                await self._committer.put(sealed)
                sealed = []
                await asyncio.sleep(0)
                began = time.perf_counter()
        if sealed:
            await self._committer.put(sealed)
        return some
