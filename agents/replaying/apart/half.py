"""Half of the partitions of a replay, folded in one of two processes, as if it were all in one (spec 6).

Both go through the same lines, and each folds those of its own partitions. A line's outcome depends on those before it in other partitions
by the clock alone, and by what keepers of a total or a budget have made. The clock: who reads a line tells ahead what it will do to that,
where it is sure; where it is not, and the line is later than the clock, the other waits for it there. Keepers: who is to decide waits until
the other has done all that comes first. What goes from one partition to another (members merged), and runs that a keeper limits, are not
folded so: then it is all to be done in one process.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from typing import Final, NamedTuple

from agents.fold.fold import apply_all
from agents.fold.incoming import Incoming
from agents.fold.reading import judging
from agents.fold.settings import FoldSettings
from agents.replaying.apart.other import Other
from agents.replaying.apart.shared_keeping import SharedKeeping
from agents.replaying.apart.told import NEVER, SURELY, UNKNOWN, Told, moves, tell
from agents.replaying.apart.whose import may_be_of
from agents.replaying.changes import ChangeLines, bury
from agents.replaying.end import end_of_files_ms
from agents.replaying.line_types import OTHER_FEED
from agents.replaying.partitions import Partitions, Take
from agents.replaying.places import Places
from agents.replaying.reading_ahead import ChangeLine, Line, read_other, read_strict
from broker.wire.records import Record
from rules.clock import DocumentsClock
from rules.documents.judging import Judging
from rules.documents.kind import Document
from rules.rulebook.changing import Changes
from streams.decode import decode_strictly

# What stands in every line that changes a definition.
_CHANGE: Final = b'"change"'


class NotApart(Exception):
    """It is to be done in one process."""


class _Unread(NamedTuple):
    """A line that the other process reads."""

    raw: bytes
    number: int


class _Lines(NamedTuple):
    """Lines that are read ahead, with what was told of those that are read here, and the change that follows them."""

    lines: Sequence[tuple[Line, Told] | _Unread]
    keys: Set[bytes]
    change: ChangeLine | None
    judged_by: Judging


class Half:
    """One of the two: that of the even partitions, or of the odd ones. What is put out is told of as turns end."""

    def __init__(
        self,
        changes: Changes,
        settings: FoldSettings,
        keep_orders_ms: int,
        places: Places,
        topics: Collection[str],
        take: Take,
        other: Other,
        mine: int,
        grants: Callable[[], int],
    ) -> None:
        """`topics`: those (short names) of which `take` is to be told. `mine`: 0 or 1. `grants`: how many were made here by now. Raises
        NotApart.
        """
        self._settings = settings
        self._places = places
        self._clock = DocumentsClock()
        self.changes = ChangeLines(changes, self._clock, settings)
        keeping = other.keeping = SharedKeeping(at_hand=True, other=other)
        self._partitions = Partitions(self.changes, settings, keep_orders_ms, self._clock, keeping, topics, take)
        self._other = other
        self._mine = mine
        self._grants = grants
        self._placed = 0
        self._ahead: _Lines | None = None
        self._step = 0
        self._check_apart()

    def fold(self, lines: Iterable[tuple[int, bytes]]) -> None:
        """Reads the next lines, a moment's worth of them, and folds those that were read before. Raises NotApart, OtherEnded,
        TooManyErrors.
        """
        left = iter(lines)
        while True:
            if self._ahead is not None and self._ahead.change is not None:
                # By what comes of it the lines after it are read.
                self._fold_ahead()
            read = self._read(left)
            if self._ahead is not None:
                self._fold_ahead()
            self._ahead = read
            if read.change is None:
                return

    def end(self) -> None:
        """See `InProcess.end`. Raises NotApart, TooManyErrors, OtherEnded."""
        if self._ahead is not None:
            self._fold_ahead()
        self._partitions.keep_all()
        self._clock.end(end_of_files_ms(self._clock, self.changes.rulebook))
        self._see_to_all()
        self._other.end()

    def _read(self, lines: Iterator[tuple[int, bytes]]) -> _Lines:
        """The lines until one that changes definitions; those of members here are read, and told of."""
        places, mine, limits = self._places, self._mine, self._settings.limits
        judged_by = judging(self._settings.limits, self.changes.rulebook, replayed=True)
        keys, before = set[bytes](), set[bytes]() if self._ahead is None else self._ahead.keys
        read: list[tuple[Line, Told] | _Unread] = []
        change: ChangeLine | None = None
        for number, raw in lines:
            if _CHANGE in raw and (change := self._change_of(raw, number)) is not None:
                break
            placed = self._placed
            self._placed = placed + 1
            if places.partition(may_be_of(raw, limits), placed) % 2 != mine:
                read.append(_Unread(raw, number))
                continue
            line = self._read_line(raw, number, judged_by)
            line.partition = places.partition(line.member_id, placed)
            read.append((line, self._tell(line, keys, before)))
        self._other.tell([each[1] for each in read if not isinstance(each, _Unread)], self._grants())
        return _Lines(read, keys, change, judged_by)

    def _change_of(self, raw: bytes, number: int) -> ChangeLine | None:
        found = self.changes.read(raw)
        if found is None or self._strict(raw) is not None:
            return None
        return ChangeLine(found, raw, number)

    def _strict(self, raw: bytes) -> Document | None:
        # What is too large is refused when it is applied.
        limits = self._settings.limits
        return decode_strictly(raw, limits) if len(raw) <= limits.document_bytes else None

    def _read_line(self, raw: bytes, number: int, judged_by: Judging) -> Line:
        document = self._strict(raw)
        if document is not None:
            return read_strict(document, raw, number, judged_by)
        return read_other(raw, number, self._settings, judged_by, self._clock)

    def _tell(self, line: Line, keys: set[bytes], before: Set[bytes]) -> Told:
        """`keys`, `before`: of the lines that are read and not applied."""
        if line.partition % 2 != self._mine:
            return UNKNOWN, line.feed, line.partition, 0, 0
        told = tell(line, self._settings, self._clock, self._partitions.tables[line.partition], (keys, before))
        if line.accepted is not None:
            keys.update(filter(None, (line.accepted.own_key, line.accepted.business_key)))
        return told

    def _fold_ahead(self) -> None:
        ahead, self._ahead = self._ahead, None
        assert ahead is not None
        other, places, clock = self._other, self._places, self._clock
        for each in ahead.lines:
            self._step += 1
            other.begin(self._step)
            if not isinstance(each, _Unread):
                line, told = each
                line.record.offset = places.put(line.feed, line.partition, line.number)
                if line.partition % 2 == self._mine:
                    self._apply(line, told)
                else:
                    other.await_clock(clock)
                continue
            told = other.told()
            what, feed, partition, at_ms, at_us = told
            offset = places.put(feed, partition, each.number)
            if partition % 2 == self._mine:
                line = self._read_line(each.raw, each.number, ahead.judged_by)
                line.partition, line.record.offset = partition, offset
                self._apply(line, told)
            elif what == UNKNOWN or (what > SURELY and moves(told, clock)):
                other.await_clock(clock)
            elif what == SURELY:
                clock.accepted(at_ms, at_ms, at_us)
        if ahead.change is not None:
            self._change(ahead.change)

    def _apply(self, line: Line, told: Told) -> None:
        clock, what = self._clock, told[0]
        moved = what not in (NEVER, UNKNOWN) and moves(told, clock)
        turn = self._partitions.turn(line.partition)
        apply_all(turn, line.feed, (line.record,), (line.reading(self._settings, clock),))
        if turn.sent:
            raise NotApart("something goes from one partition to another")
        if what == SURELY:
            if moved and (clock.now_ms, clock.finer_us) != told[3:]:
                raise NotApart("a line was not taken that was to be")
        elif moved or what == UNKNOWN:
            self._other.tell_clock(clock)

    def _change(self, line: ChangeLine) -> None:
        """See `InProcess`: both processes make it."""
        self._partitions.keep_all()
        partition = self._places.partition(None, self._placed)
        self._placed += 1
        offset = self._places.put(OTHER_FEED, partition, line.number)
        received_ms = self._clock.now_ms
        why = self.changes.accept(line.change)
        if why is None:
            self._see_to_all()
            why = self.changes.make(line.change)
            self._check_apart()
        if why is not None and partition % 2 == self._mine:
            record = Record(offset, received_ms, None, line.raw, [])
            bury(self._partitions.turn(partition), Incoming(OTHER_FEED, record), received_ms, why)

    def _check_apart(self) -> None:
        if self.changes.rulebook.kept_runs:
            raise NotApart("a run is limited by a keeper")

    def _see_to_all(self) -> None:
        """Fires all that is due by now: of one partition after the other, whosever they are."""
        for partition in range(self._settings.partitions):
            self._step += 1
            self._other.begin(self._step)
            if partition % 2 == self._mine:
                self._partitions.see_to(partition)
