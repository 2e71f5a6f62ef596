"""One owned partition: its state, its log, what waits to be folded, and what was put out and is not yet acknowledged."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter

from msgspec import Struct

from agents.fold.fold import fold
from agents.fold.incoming import Incoming, Run
from agents.fold.limited import decide_waiting, may_decide_waiting
from agents.fold.rekeying import Rekeyed
from agents.fold.settings import FoldSettings
from agents.turns.error_limit import ErrorLimit
from agents.turns.recalculation import Recalculation
from agents.turns.run_pass import RunPass
from agents.turns.sweep import sweep
from agents.turns.turn import Turn
from broker.client.fetch import Fetched
from broker.wire.batches import ByTopic, Entry
from broker.wire.records import Output
from rules.rulebook.rulebook import Rulebook
from sinks.topics.outputs import Outputs
from streams.routing import line_of
from streams.topics import LIMITED
from tables.commit_log import CommitLog
from tables.layout import RING
from tables.partition import PartitionTable

_APPENDED = attrgetter("timestamp_ms")
# Members whose timers fire, and members judged by a changed program, in one turn that has few documents: as many, at least. Where fewer
# come than a worker can fold there are turns of nothing else between (agents/turns/pace.py).
LEAST_SEEN_TO = 4
NO_LIMIT = 2**63


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

    def __init__(self, table: PartitionTable, log: CommitLog, positions: dict[str, int], *, by_line: bool = False) -> None:
        """`positions`: by source topic, the next offset to fold. `by_line`: what waits is kept in the order of a replay's lines."""
        self.table = table
        self.log = log
        self.partition = table.partition
        self.positions = positions
        self.published_through = table.head.turn
        # The newest turn that put something out.
        self._put_out_through = 0
        self._waiting: list[Run] = []
        self._by_line = by_line
        self._recalculation = Recalculation()
        self._run_pass = RunPass()
        self._errors = ErrorLimit()
        self._after_waiting = dict(positions)
        # Whether too many grants of members here wait for keepers: until half of them are decided, nothing is taken that may owe more.
        self.waits_for_keepers = False

    def arrive(self, parts: Sequence[tuple[str, Fetched]]) -> None:
        """Takes what was fetched, by short topic name; what does not follow on what came before is thrown away."""
        arrived: list[Run] = []
        for topic, part in parts:
            if part.from_offset != self._after_waiting[topic]:
                continue
            self._after_waiting[topic] = part.next_offset
            if part.records:
                arrived.append(Run(topic, part.records))
        if self._by_line:
            self._waiting = _in_lines([*self._waiting, *arrived])
            return
        if len(arrived) > 1:
            # In the order of the broker's timestamps, and each topic's in its own.
            pieces = [[Run(topic, list(same)) for _, same in groupby(records, _APPENDED)] for topic, records in arrived]
            arrived = list(heapq.merge(*pieces, key=lambda run: run.records[0].timestamp_ms))
        self._waiting += arrived

    def members(self) -> int:
        """How many are known."""
        return len(self.table.members)

    def unpublished(self) -> int:
        """Turns sealed whose outputs are not acknowledged."""
        return self.table.head.turn - self.published_through

    def published_again(self, turn: int) -> None:
        """What a turn put out that was sealed before the partition was ours is published, perhaps a second time."""
        self._put_out_through = max(self._put_out_through, turn)

    def would_say_again(self) -> bool:
        """Whether who takes the partition over, as it is committed, would publish something."""
        return self._put_out_through >= self.table.head.unpublished_from

    def oldest_waiting_ms(self) -> int | None:
        """The broker's time of the first record that waits; None where none does."""
        return self._waiting[0].records[0].timestamp_ms if self._waiting else None

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
        """A turn of what waits, up to a turn's size; and of what is due meanwhile, no more members than documents. Raises TooManyErrors."""
        turn = self.begin(rulebook, settings)
        if self.waits_for_keepers:
            limited = [run for run in self._waiting if run.topic == LIMITED]
            self._waiting = limited + [run for run in self._waiting if run.topic != LIMITED]
            return self.end(turn, fold(turn, limited))
        count = fold(turn, self._waiting)
        self._see_to(turn, max(count, LEAST_SEEN_TO))
        return self.end(turn, count)

    def see_to(self, rulebook: Rulebook, settings: FoldSettings, most: int) -> Sealed | None:
        """A turn of what is due of at most so many members while nothing comes; None where nothing is. Raises TooManyErrors."""
        if self.busy() or not self.may_seal():
            return None
        turn = self.begin(rulebook, settings)
        if not self.has_due(turn):
            return None
        if not self.waits_for_keepers:
            self._see_to(turn, most)
        return self.end(turn, 0)

    def look_at_keepers(self, settings: FoldSettings) -> bool:
        """Whether it has changed what may be taken: see `waits_for_keepers`."""
        before, asked = self.waits_for_keepers, self.table.asked_for()
        self.waits_for_keepers = asked * 2 > settings.asked if before else asked > settings.asked
        return self.waits_for_keepers != before

    def topics(self) -> Collection[str]:
        """The sources of which something may be taken."""
        return (LIMITED,) if self.waits_for_keepers else self.positions

    def read_through(self, topic: str) -> int:
        """The next offset of a source that has not been fetched."""
        return self._after_waiting[topic]

    def forget_others(self) -> None:
        """Drops what was fetched of other sources than those: it is fetched again."""
        topics = self.topics()
        self._waiting = [run for run in self._waiting if run.topic in topics]
        self._after_waiting |= {topic: offset for topic, offset in self.positions.items() if topic not in topics}

    def has_due(self, turn: Turn) -> bool:
        """Whether something may be due of somebody, or of keepers."""
        if turn.owes_keepers() or (bool(turn.table.asked) and may_decide_waiting(turn)):
            return True
        if self.waits_for_keepers:
            return False
        next_due_ms = self.table.timers.next_due_ms()
        return next_due_ms <= turn.clock.now_ms or self._recalculation.due(turn) or self._run_pass.due(turn)

    def begin(self, rulebook: Rulebook, settings: FoldSettings, outputs: Outputs | None = None) -> Turn:
        """The next turn, to be ended by `end`, or by `keep`. `outputs`: see Turn."""
        return Turn(self.table, rulebook, settings, self._errors, outputs)

    def end(self, turn: Turn, count: int) -> Sealed:
        """The turn, in which the first `count` of what waits were folded."""
        self._finish(turn)
        self._advance(count)
        return self._sealed(turn.rekeyed, turn.malformed, turn.outputs.by_topic, count)

    def keep(self, turn: Turn) -> None:
        """Ends a turn of which nothing is written: its state is kept, and what it put out is the caller's."""
        self._finish(turn)
        self.table.keep()

    def _finish(self, turn: Turn) -> None:
        self._errors.folded(turn.documents)
        if turn.table.asked:
            decide_waiting(turn)
        turn.tell_keepers()
        turn.put_figures()

    def _see_to(self, turn: Turn, most: int) -> None:
        """Fires what is due, and goes on judging by programs that were changed and with runs that have started."""
        sweep(turn, most)
        if self._recalculation.due(turn):
            self._recalculation.step(turn, most)
        if self._run_pass.due(turn):
            self._run_pass.step(turn, most)

    def see_to_all(self, turn: Turn) -> bool:
        """Fires all that is due; False where the turn was full before that."""
        self._see_to(turn, NO_LIMIT)
        return not turn.full()

    def waiting(self, most: int = NO_LIMIT) -> Sequence[Incoming]:
        """The first of what waits; it goes on waiting until it is sealed."""
        return [Incoming(topic, record) for topic, records in first_of(self._waiting, most) for record in records]

    def seal(self, count: int, malformed: Sequence[Output], outputs: ByTopic | None = None) -> Sealed:
        """A turn of the first `count` of what waits, which somebody else has dealt with; and what came of it."""
        self._advance(count)
        return self._sealed([], malformed, outputs or {}, count)

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
        head, entries = self.table.seal(dict(self.positions), self.published_through + 1, outputs, self.log.next_offset)
        self.log.next_offset += len(entries)
        if outputs:
            self._put_out_through = head.turn
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


def _in_lines(runs: Sequence[Run]) -> list[Run]:
    """The records of a replay in the order of its lines, whatever topics they are on."""
    if len({run.topic for run in runs}) < 2:
        return list(runs)
    records = [(line_of(record.headers), topic, record) for topic, listed in runs for record in listed]
    records.sort(key=itemgetter(0))
    return [Run(topic, [record for *_, record in same]) for topic, same in groupby(records, itemgetter(1))]
