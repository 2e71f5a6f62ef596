"""The aggregation of a replay: one worker with all partitions folds the lines in the files' order, by the documents' own clock (spec 6).

That clock is one for all partitions, and a line moves it only where it is accepted, which is known once it is applied: so no line is
applied before the one that stands before it, whatever partitions the two are in.
"""

from __future__ import annotations

import heapq
from collections.abc import AsyncIterable, Callable, Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct

from agents.fold.fold import apply
from agents.fold.incoming import Incoming
from agents.fold.reading import judging, read
from agents.fold.settings import FoldSettings
from agents.metrics import count_documents, count_turns
from agents.ownership.ownership import Ownership
from agents.replaying.changes import ChangeLines, bury
from agents.replaying.end import end_of_files_ms
from agents.replaying.limited_runs import moves_clock_to, run_limited
from agents.replaying.together import take_sent
from agents.turns.committer import Committer
from agents.turns.shard import Sealed, Shard
from agents.turns.turn import Turn
from broker.wire.records import UnreadableBatch
from rules.clock import DocumentsClock
from rules.documents.change import Change
from rules.refused import Refused
from rules.rulebook.changing import Changes
from rules.rulebook.rulebook import Rulebook
from rules.times import DAY_MS
from streams.consumer.turn_consumer import Arrived
from streams.decode import Malformed
from streams.routing import line_of


class _Open(NamedTuple):
    """A partition whose turn is open: what is left of what waits, and how many of it were folded."""

    shard: Shard
    turn: Turn
    left: Iterator[Incoming]


class _Changing(Struct):
    """A line that changes definitions, before which what is due fires: the clock when it came, why it cannot be made (None: it may be),
    the partitions that are not yet seen to, and whether the runs that a keeper limits are made.
    """

    received_ms: int
    why: Malformed | Refused | None
    left: list[Shard]
    ran: bool = False


class FilesOrder:
    """Folds lines of all partitions in their order, without a gap; `next_line` is the one to come."""

    def __init__(self, clock: DocumentsClock, settings: FoldSettings, changes: Changes) -> None:
        self.next_line = 0
        self._clock = clock
        self._changes = ChangeLines(changes, clock, settings)
        self._settings = settings
        self._changing: _Changing | None = None
        # The day of the documents until which those who do not come were seen to.
        self._seen_to_day = 0
        # The midnight that ends the last day, once the files have ended.
        self._end_ms: int | None = None

    def fold(self, shards: Mapping[int, Shard]) -> list[Sealed]:
        """A turn at most of each partition: of those that have lines to come, until one is full or the next line is not here; or of what is
        due before a line that changes definitions, or when a day has passed.
        """
        rulebook = self._changes.rulebook
        if self._changing is None and (seen_to := self._see_to_all(shards, rulebook)):
            return seen_to
        heads: list[tuple[int, int, Incoming]] = []
        opened: dict[int, _Open] = {}
        counts: dict[int, int] = {}
        used: set[int] = set()

        def push_next(partition: int) -> None:
            incoming = next(opened[partition].left, None)
            if incoming is not None:
                heapq.heappush(heads, (line_of(incoming.record.headers), partition, incoming))

        def turn_of(partition: int) -> Turn:
            if partition not in opened:
                opened[partition] = _Open(shards[partition], shards[partition].begin(rulebook, self._settings), iter(()))
                counts[partition] = 0
            used.add(partition)
            return opened[partition].turn

        def run_until(until_ms: int) -> bool:
            return self._run_limited(self._clock.now_ms, until_ms, shards, lambda partition: _not_full(turn_of(partition)))

        for partition, shard in shards.items():
            if shard.busy():
                opened[partition] = _Open(shard, shard.begin(rulebook, self._settings), iter(shard.waiting()))
                counts[partition] = 0
                push_next(partition)
        while heads and heads[0][0] == self.next_line:
            _, partition, incoming = heads[0]
            shard, turn, _ = opened[partition]
            if turn.full():
                break
            change = None if incoming.record.value is None else self._changes.read(incoming.record.value)
            if change is not None:
                # Turns know one rulebook: those before it are sealed first.
                if not used:
                    return self._change(change, shards, shard, incoming)
                break
            used.add(partition)
            if not self._fold_line(shard, turn, incoming, rulebook, turn_of, run_until):
                break
            if turn.sent:
                take_sent(turn, turn_of)
            heapq.heappop(heads)
            self.next_line += 1
            counts[partition] += 1
            push_next(partition)
        return [each.shard.end(each.turn, counts[partition]) for partition, each in opened.items() if partition in used]

    def _see_to_all(self, shards: Mapping[int, Shard], rulebook: Rulebook) -> list[Sealed]:
        """Once a day of the documents, turns of what is due of those who do not come; none where nothing is. What comes of it would be the
        same at the end: but whoever looks on need not wait for it.
        """
        day, sealed = self._clock.now_ms // DAY_MS, list[Sealed]()
        if day == self._seen_to_day:
            return sealed
        is_done = True
        for shard in shards.values():
            turn = shard.begin(rulebook, self._settings)
            if shard.has_due(turn):
                is_done = shard.see_to_all(turn) and is_done
                sealed.append(shard.end(turn, 0))
        if is_done:
            self._seen_to_day = day
        return sealed

    def _change(self, change: Change | Malformed, shards: Mapping[int, Shard], shard: Shard, incoming: Incoming) -> list[Sealed]:
        """A line that changes definitions, which stands in this shard; once all that is due before it has fired."""
        changing = self._changing
        if changing is None:
            received_ms = self._clock.now_ms
            changing = self._changing = _Changing(received_ms, self._changes.accept(change), list(shards.values()))
        if changing.why is None and not changing.ran and (sealed := self._run_before(changing, shards)):
            return sealed
        if changing.why is None and changing.left:
            return self._see_to_left(changing)
        self._changing = None
        self.next_line += 1
        why = changing.why or self._changes.make(change)
        turn = shard.begin(self._changes.rulebook, self._settings)
        if why is not None:
            bury(turn, incoming, changing.received_ms, why)
        return [shard.end(turn, 1)]

    def _run_before(self, changing: _Changing, shards: Mapping[int, Shard]) -> list[Sealed]:
        """Turns of the runs that a keeper limits; none where there are none, or no more."""
        turns: dict[int, Turn] = {}

        def turn_of(partition: int) -> Turn | None:
            if partition not in turns:
                turns[partition] = shards[partition].begin(self._changes.rulebook, self._settings)
            return _not_full(turns[partition])

        changing.ran = self._run_limited(changing.received_ms, self._clock.now_ms, shards, turn_of)
        return [shards[partition].end(turn, 0) for partition, turn in turns.items()]

    def _run_limited(
        self, after_ms: int, until_ms: int, shards: Mapping[int, Shard], turn_of: Callable[[int], Turn | None]
    ) -> bool:
        """See `run_limited`."""
        if not self._changes.rulebook.kept_runs:
            return True
        tables = [shards[partition].table for partition in range(len(shards))]
        return run_limited(self._clock, self._changes.rulebook, after_ms, until_ms, tables, turn_of)

    def _see_to_left(self, changing: _Changing) -> list[Sealed]:
        """A turn of what is due in each partition that has more of it than the turns before could hold."""
        sealed, left = [], []
        for shard in changing.left:
            turn = shard.begin(self._changes.rulebook, self._settings)
            if not shard.see_to_all(turn):
                left.append(shard)
            sealed.append(shard.end(turn, 0))
        changing.left = left
        return sealed

    def _fold_line(
        self,
        shard: Shard,
        turn: Turn,
        incoming: Incoming,
        rulebook: Rulebook,
        turn_of: Callable[[int], Turn],
        run_until: Callable[[int], bool],
    ) -> bool:
        """Folds a line; False where more is due before it than turns can hold; or where it is the end of the files, and more is due by then
        than the turn can know of: what waits since this very turn is found once it is over. `run_until`: see `run_limited`.
        """
        topic, record = incoming
        if record.value is None and not isinstance(record, UnreadableBatch):
            if turn.documents:
                return False
            if self._end_ms is None:
                self._end_ms = end_of_files_ms(self._clock, rulebook)
            if not run_until(self._end_ms):
                return False
            self._clock.end(self._end_ms)
            return shard.see_to_all(turn)
        judged_by = judging(self._settings.limits, rulebook, replayed=True)
        (reading,) = read(topic, shard.partition, [record], self._settings, judged_by, shard.table.head.seed, self._clock)
        if rulebook.kept_runs and not run_until(moves_clock_to(turn, reading, turn_of)):
            return False
        apply(turn, topic, record, reading)
        count_documents(topic, 1)
        return True


def _not_full(turn: Turn) -> Turn | None:
    return None if turn.full() else turn


class Replaying:
    """Folds and hands over; the only worker of its replay."""

    def __init__(
        self,
        ownership: Ownership,
        committer: Committer,
        changes: Changes,
        settings: FoldSettings,
        clock: DocumentsClock,
        took: Callable[[], None],
    ) -> None:
        """`changes`: the definitions. `clock`: that of every partition. `took`: tells the consumer that there is room for more."""
        self._ownership = ownership
        self._committer = committer
        self._order = FilesOrder(clock, settings, changes)
        self._took = took

    async def run(self, stream: AsyncIterable[Arrived]) -> None:
        """The agent: what has arrived, as far as it follows on what came before."""
        async for arrived in stream:
            async with self._ownership.turn:
                self._ownership.arrive(arrived)
                await self._take()
            self._took()

    async def _take(self) -> None:
        shards = self._ownership.shards
        while not self._ownership.leaving:
            if not all(shard.may_seal() for shard in shards.values()):
                await self._committer.idle()
            sealed = self._order.fold(shards)
            if not sealed:
                return
            count_turns(len(sealed))
            for each in sealed:
                await self._committer.put([each])
