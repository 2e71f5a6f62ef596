"""The aggregation of a replay without a broker: every partition in this process, line by line in the files' order (spec 6).

What is read, folded, kept and put out is what a worker reads, folds, keeps and puts out; only nothing is sent anywhere, so that nothing
is put together for a broker, and nothing is waited for. As in `files_order` all partitions have one clock, and each line is judged by
what the lines before it have left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from agents.fold.fold import apply
from agents.fold.incoming import Incoming
from agents.fold.reading import judging, read_line
from agents.fold.settings import FoldSettings
from agents.replaying.changes import ChangeLines, bury
from agents.replaying.end import end_of_files_ms
from agents.replaying.limited_runs import moves_clock_to, run_limited
from agents.replaying.line_types import OTHER_FEED, feed_of, feed_of_line
from agents.replaying.places import Places
from agents.replaying.together import take_sent
from agents.turns.shard import Shard
from agents.turns.turn import Turn
from broker.client.produce import Identity
from broker.wire.records import Headers, Record
from rules.clock import DocumentsClock
from rules.definitions.kinds import ACTIVITY
from rules.documents.change import Change
from rules.rulebook.changing import Changes
from sinks.topics.values import Values
from streams.decode import Malformed, decode_strictly
from streams.topics import AGGREGATE_CHANGELOG
from tables.commit_log import CommitLog
from tables.keeping import Keeping
from tables.partition import PartitionTable

# Told of each record that is put out: its topic (short name) and its value.
Take = Callable[[str, bytes], None]

_NO_HEADERS: Final[Headers] = []


class InProcess:
    """The partitions, and the turns that are open; what is put out is told of as turns end."""

    def __init__(
        self, changes: Changes, settings: FoldSettings, keep_orders_ms: int, places: Places, topics: Collection[str], take: Take
    ) -> None:
        """`topics`: those (short names) of which `take` is to be told."""
        self._settings = settings
        self._places = places
        self._topics = topics
        self._take = take
        self._clock = DocumentsClock()
        self._changes = ChangeLines(changes, self._clock, settings)
        # One keeper of all limits, so that he decides in the files' order.
        keeping = Keeping(at_hand=True)
        self._shards = [
            _shard(PartitionTable(number, {}, keep_orders_ms, clock=self._clock, keeping=keeping, logged=False))
            for number in range(settings.partitions)
        ]
        self._open: list[Turn | None] = [None] * settings.partitions
        self._judged_by = judging(settings.limits, changes.rulebook, replayed=True)

    def fold(self, lines: Iterable[tuple[int, bytes]]) -> None:
        """Folds the next lines, a moment's worth of them, each with its number among all. Raises TooManyErrors."""
        self._judge_anew()
        limits, place, open_turns = self._settings.limits, self._places.place, self._open
        most_bytes = limits.document_bytes
        for number, raw in lines:
            # What is too large is refused when it is read.
            document = decode_strictly(raw, limits) if len(raw) <= most_bytes else None
            if document is not None:
                feed, member_id = feed_of(document), document.member_id
            elif (change := self._changes.read(raw)) is not None:
                self._change(change, raw, number)
                continue
            else:
                feed, member_id = feed_of_line(raw, limits)
            partition, offset = place(feed, member_id, number)
            turn = open_turns[partition] or self._begin(partition)
            judged_by = self._judged_by
            record = Record(offset, judged_by.now_ms, None if member_id is None else member_id.encode(), raw, _NO_HEADERS)
            reading = read_line(feed, partition, record, document, self._settings, judged_by, turn.table.head.seed, self._clock)
            if self._changes.rulebook.kept_runs:
                self._run_limited(self._clock.now_ms, moves_clock_to(turn, reading))
                turn = self._turn(partition)
            apply(turn, feed, record, reading)
            if turn.sent:
                take_sent(turn, self._turn)
                turn = self._turn(partition)
            if turn.full():
                self._keep(partition, turn)

    def end(self) -> None:
        """The files have ended: it is the midnight that ends the last day, and all that is due by then fires. Raises TooManyErrors."""
        self._keep_all()
        end_ms = end_of_files_ms(self._clock, self._changes.rulebook)
        self._run_limited(self._clock.now_ms, end_ms)
        self._clock.end(end_ms)
        self._see_to_all()

    def activities(self) -> Sequence[str]:
        """The codes of all activities that there are now, drafts and archived ones too."""
        return [
            chain.versions[0].saved.code for chain in self._changes.rulebook.chains() if chain.versions[0].saved.kind == ACTIVITY
        ]

    def _change(self, change: Change | Malformed, raw: bytes, number: int) -> None:
        """A line that changes definitions: turns know one rulebook, so those before it end."""
        self._keep_all()
        partition, offset = self._places.place(OTHER_FEED, None, number)
        received_ms = self._clock.now_ms
        why = self._changes.accept(change)
        if why is None:
            self._run_limited(received_ms, self._clock.now_ms)
            self._see_to_all()
            why = self._changes.make(change)
        if why is not None:
            turn = self._turn(partition)
            bury(turn, Incoming(OTHER_FEED, Record(offset, received_ms, None, raw, [])), received_ms, why)
        self._judge_anew()

    def _run_limited(self, after_ms: int, until_ms: int) -> None:
        tables = [shard.table for shard in self._shards]
        run_limited(self._clock, self._changes.rulebook, after_ms, until_ms, tables, self._turn)

    def _turn(self, partition: int) -> Turn:
        """The turn that is open of a partition, and not full."""
        turn = self._open[partition]
        if turn is not None and turn.full():
            self._keep(partition, turn)
            turn = None
        return turn or self._begin(partition)

    def _judge_anew(self) -> None:
        """By the definitions and the real clock as they are now."""
        self._judged_by = judging(self._settings.limits, self._changes.rulebook, replayed=True)

    def _see_to_all(self) -> None:
        """Fires all that is due by now."""
        for partition, shard in enumerate(self._shards):
            is_done = False
            while not is_done:
                turn = self._turn(partition)
                is_done = shard.see_to_all(turn)
                self._keep(partition, turn)

    def _begin(self, partition: int) -> Turn:
        turn = self._shards[partition].begin(self._changes.rulebook, self._settings, Values(self._topics))
        self._open[partition] = turn
        return turn

    def _keep_all(self) -> None:
        for partition, turn in enumerate(self._open):
            if turn is not None:
                self._keep(partition, turn)

    def _keep(self, partition: int, turn: Turn) -> None:
        """Ends a turn: what it has changed is kept, and what it puts out is told."""
        self._open[partition] = None
        self._shards[partition].keep(turn)
        # A line is folded where its member's documents meet.
        assert not turn.rekeyed
        for letter in turn.malformed:
            self._take(letter.topic, letter.value)
        for topic, values in turn.outputs.by_topic.items():
            for value in values:
                self._take(topic, value)


def _shard(table: PartitionTable) -> Shard:
    """A partition whose turns are kept, and written nowhere."""
    return Shard(table, CommitLog(AGGREGATE_CHANGELOG, table.partition, Identity(-1, -1), 0), {})
