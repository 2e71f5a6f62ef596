"""One owned partition: its state, its log, what waits to be folded, and what was put out and is not yet acknowledged."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from msgspec import Struct

from agents.fold.fold import Broken, Fold
from agents.fold.incoming import Incoming, Run
from agents.fold.rekeying import Rekeyed
from agents.fold.settings import FoldSettings
from broker.client.fetch import Fetched
from broker.wire.batches import ByTopic, Entry
from broker.wire.records import Output
from rules.rulebook.rulebook import Rulebook
from tables.commit_log import CommitLog
from tables.layout import RING
from tables.partition import PartitionTable

_APPENDED = attrgetter("timestamp_ms")
# Members judged by a changed program in one turn, between which orders go on.
JUDGED_A_TURN = 5_000


class Sealed(Struct, gc=False):
    """A turn of one partition, ready to be committed: the entries of its batch, and what it puts out before (ahead) and after
    (outputs).
    """

    shard: Shard
    turn: int
    entries: Sequence[Entry]
    rekeyed: Sequence[Rekeyed]
    malformed: Sequence[Output]
    outputs: ByTopic
    positions: dict[str, int]
    documents: int


class Shard:
    """A partition while it is ours."""

    def __init__(self, table: PartitionTable, log: CommitLog, positions: dict[str, int], ends: dict[str, int]) -> None:
        """`positions`: by source topic, the next offset to fold; `ends`: where each topic ended when it was last looked at."""
        self.table = table
        self.log = log
        self.partition = table.partition
        self.positions = positions
        self.published_through = table.head.turn
        self._ends = ends
        self._waiting: list[Run] = []
        # By which version of a program members are being judged, and who is left.
        self._judging = -1
        self._unjudged: list[str] = []
        self._after_waiting = dict(positions)

    def arrive(self, parts: Sequence[tuple[str, Fetched]]) -> None:
        """Takes what was fetched, by short topic name; what does not follow on what came before is thrown away."""
        arrived: list[Run] = []
        for topic, part in parts:
            if part.from_offset != self._after_waiting[topic]:
                continue
            self._after_waiting[topic] = part.next_offset
            self._ends[topic] = max(self._ends[topic], part.end_offset)
            if part.records:
                arrived.append(Run(topic, part.records))
        if len(arrived) > 1:
            # In the order of the broker's timestamps, and each topic's in its own.
            pieces = [[Run(topic, list(same)) for _, same in groupby(records, _APPENDED)] for topic, records in arrived]
            arrived = list(heapq.merge(*pieces, key=lambda run: run.records[0].timestamp_ms))
        self._waiting += arrived

    def caught_up(self) -> bool:
        """Whether all that stood on the sources when they were last looked at has been folded."""
        return not self._waiting and all(self.positions[topic] >= end for topic, end in self._ends.items())

    def busy(self) -> bool:
        """Whether something waits to be folded."""
        return bool(self._waiting) or self.positions != self._after_waiting

    def forget_waiting(self) -> None:
        """Drops what was fetched and not folded: it is fetched again."""
        self._waiting = []
        self._after_waiting = dict(self.positions)

    def may_seal(self) -> bool:
        """Whether the ring of outputs has room for another turn."""
        return self.table.head.turn + 1 - self.published_through < RING

    def fold(self, rulebook: Rulebook, settings: FoldSettings) -> Sealed:
        """Folds what waits, up to a turn's size. A rule that throws costs its event, and ends the turn there."""
        fold = Fold(self.table, rulebook, settings)
        try:
            count = fold.run(self._waiting, {})
        except Broken as error:
            self.table.forget()
            fold = Fold(self.table, rulebook, settings)
            count = fold.run(first_of(self._waiting, error.index + 1), {error.index: str(error)})
        self._advance(count)
        fold.sweep(self.table.clock_ms)
        return self._sealed(fold.rekeyed, fold.malformed, fold.outputs.by_topic, count)

    def sweep(self, rulebook: Rulebook, settings: FoldSettings, now_ms: int) -> Sealed | None:
        """A turn that fires what is due while nothing comes; None where nothing is due."""
        if self.busy() or self.table.timers.next_due_ms() > now_ms or not self.may_seal():
            return None
        fold = Fold(self.table, rulebook, settings)
        fold.sweep(now_ms)
        return self._sealed(fold.rekeyed, fold.malformed, fold.outputs.by_topic, 0)

    def judge_afresh(self, rulebook: Rulebook, settings: FoldSettings, now_ms: int) -> Sealed | None:
        """A turn that judges some more members by a program that was changed; None where all have been (spec 3.5, 3.6)."""
        changed = rulebook.changed_until(now_ms)
        if changed <= self.table.judged_ref or not self.may_seal():
            return None
        if self._judging != changed:
            self._judging, self._unjudged = changed, list(self.table.members)
        some = self._unjudged[-JUDGED_A_TURN:]
        del self._unjudged[-JUDGED_A_TURN:]
        fold = Fold(self.table, rulebook, settings)
        fold.judge_afresh(some, now_ms)
        if not self._unjudged:
            self.table.judged_ref = changed
        return self._sealed(fold.rekeyed, fold.malformed, fold.outputs.by_topic, 0)

    def waiting(self, most: int) -> Sequence[Incoming]:
        """The first of what waits; it goes on waiting until it is sealed."""
        return [Incoming(topic, record) for topic, records in first_of(self._waiting, most) for record in records]

    def seal(self, count: int, malformed: Sequence[Output]) -> Sealed:
        """A turn of the first `count` of what waits, which somebody else has dealt with."""
        self._advance(count)
        return self._sealed([], malformed, {}, count)

    def _advance(self, count: int) -> None:
        """The first `count` of what waits are done."""
        for at, (topic, records) in enumerate(self._waiting):
            if count < len(records):
                self._waiting = [Run(topic, records[count:]), *self._waiting[at + 1 :]]
                if count:
                    self.positions[topic] = records[count - 1].offset + 1
                return
            count -= len(records)
            self.positions[topic] = records[-1].offset + 1
        self._waiting = []
        self.positions = dict(self._after_waiting)

    def _sealed(self, rekeyed: Sequence[Rekeyed], malformed: Sequence[Output], outputs: ByTopic, documents: int) -> Sealed:
        head, entries = self.table.seal(dict(self.positions), self.published_through + 1, outputs)
        return Sealed(self, head.turn, entries, rekeyed, malformed, outputs, head.positions, documents)


def first_of(runs: Sequence[Run], count: int) -> list[Run]:
    """The first `count` records of runs."""
    found = []
    for topic, records in runs:
        if count <= 0:
            break
        found.append(Run(topic, records[:count]))
        count -= len(records)
    return found
