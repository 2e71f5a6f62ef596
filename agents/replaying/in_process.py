"""The aggregation of a replay without a broker: every partition in this process, line by line in the files' order (spec 6).

What is read, folded, kept and put out is what a worker reads, folds, keeps and puts out; only nothing is sent anywhere, so that nothing
is put together for a broker, and nothing is waited for. As in `files_order` all partitions have one clock, and each line is judged by
what the lines before it have left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from agents.fold.fold import apply_all
from agents.fold.incoming import Incoming
from agents.fold.reading import judging
from agents.fold.settings import FoldSettings
from agents.replaying.changes import ChangeLines, bury
from agents.replaying.end import end_of_files_ms
from agents.replaying.limited_runs import moves_clock_to, run_limited
from agents.replaying.line_types import OTHER_FEED
from agents.replaying.partitions import Partitions, Take
from agents.replaying.places import Places
from agents.replaying.reading_ahead import ChangeLine, Line, read_other, read_strict
from agents.replaying.together import take_sent
from broker.wire.records import Record
from rules.clock import DocumentsClock
from rules.rulebook.changing import Changes
from streams.decode import decode_strictly
from tables.keeping import Keeping


class InProcess:
    """The partitions, and what is read of their lines; what is put out is told of as turns end."""

    def __init__(
        self, changes: Changes, settings: FoldSettings, keep_orders_ms: int, places: Places, topics: Collection[str], take: Take
    ) -> None:
        """`topics`: those (short names) of which `take` is to be told."""
        self._settings = settings
        self._places = places
        self._clock = DocumentsClock()
        self.changes = ChangeLines(changes, self._clock, settings)
        # One keeper of all limits, so that he decides in the files' order.
        keeping = Keeping(at_hand=True)
        self._partitions = Partitions(self.changes, settings, keep_orders_ms, self._clock, keeping, topics, take)

    def fold(self, lines: Iterable[tuple[int, bytes]]) -> None:
        """Folds the next lines, a moment's worth of them, each with its number among all. They are read before they are applied: the same
        small code over and over runs faster than all of it for each. Raises TooManyErrors.
        """
        left = iter(lines)
        while True:
            read, change = self._read(left)
            self._apply(read)
            if change is None:
                return
            self._change(change)

    def _read(self, lines: Iterator[tuple[int, bytes]]) -> tuple[list[Line], ChangeLine | None]:
        """The lines until one that changes definitions, by which those after it are judged; and that."""
        limits, settings, place = self._settings.limits, self._settings, self._places.place
        most_bytes, judged_by = limits.document_bytes, judging(limits, self.changes.rulebook, replayed=True)
        read: list[Line] = []
        for number, raw in lines:
            # What is too large is refused when it is applied.
            document = decode_strictly(raw, limits) if len(raw) <= most_bytes else None
            if document is not None:
                line = read_strict(document, raw, number, judged_by)
            elif (change := self.changes.read(raw)) is not None:
                return read, ChangeLine(change, raw, number)
            else:
                line = read_other(raw, number, settings, judged_by, self._clock)
            line.partition, line.record.offset = place(line.feed, line.member_id, number)
            read.append(line)
        return read, None

    def _apply(self, lines: Sequence[Line]) -> None:
        turn_of, settings, clock = self._partitions.turn, self._settings, self._clock
        kept_runs = self.changes.rulebook.kept_runs
        for line in lines:
            partition = line.partition
            turn = turn_of(partition)
            reading = line.reading(settings, clock)
            if kept_runs:
                self._run_limited(clock.now_ms, moves_clock_to(turn, reading, turn_of))
                turn = turn_of(partition)
            apply_all(turn, line.feed, (line.record,), (reading,))
            if turn.sent:
                take_sent(turn, turn_of)

    def end(self) -> None:
        """The files have ended: it is the midnight that ends the last day, and all that is due by then fires. Raises TooManyErrors."""
        self._partitions.keep_all()
        end_ms = end_of_files_ms(self._clock, self.changes.rulebook)
        self._run_limited(self._clock.now_ms, end_ms)
        self._clock.end(end_ms)
        self._see_to_all()

    def _change(self, line: ChangeLine) -> None:
        """A line that changes definitions: turns know one rulebook, so those before it end."""
        self._partitions.keep_all()
        partition, offset = self._places.place(OTHER_FEED, None, line.number)
        received_ms = self._clock.now_ms
        why = self.changes.accept(line.change)
        if why is None:
            self._run_limited(received_ms, self._clock.now_ms)
            self._see_to_all()
            why = self.changes.make(line.change)
        if why is not None:
            record = Record(offset, received_ms, None, line.raw, [])
            bury(self._partitions.turn(partition), Incoming(OTHER_FEED, record), received_ms, why)

    def _run_limited(self, after_ms: int, until_ms: int) -> None:
        run_limited(self._clock, self.changes.rulebook, after_ms, until_ms, self._partitions.tables, self._partitions.turn)

    def _see_to_all(self) -> None:
        """Fires all that is due by now."""
        for partition in range(self._settings.partitions):
            self._partitions.see_to(partition)
