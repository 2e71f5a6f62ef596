"""Documents folded into partitions' tables in this process, without a broker: the quickest way to see what comes of them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from agents.fold.changes import accept_change
from agents.fold.fold import apply, fold
from agents.fold.incoming import Incoming, Run, dead_letter
from agents.fold.limited import decide_waiting
from agents.fold.reading import judging, read
from agents.fold.rekeying import Rekeyed
from agents.fold.settings import FoldSettings
from agents.replaying.limited_runs import moves_clock_to, run_limited
from agents.replaying.together import take_sent
from agents.turns.error_limit import ErrorLimit
from agents.turns.recalculation import Recalculation
from agents.turns.run_pass import RunPass
from agents.turns.sweep import sweep
from agents.turns.turn import Turn
from broker.wire.records import Headers, Output, Record
from rules.clock import DocumentsClock
from rules.definitions.saved import Saved
from rules.documents.change import Change
from rules.limits.grant_limits import GrantLimits
from rules.refused import Refused
from rules.rulebook.changing import Changes
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS
from rules.times import DAY_MS, midnight_after
from streams.changes import change_of
from streams.decode import Limits, Malformed
from streams.routing import RECEIVED_HEADER, partition_of
from streams.topics import POS_ORDERS
from tables.keeping import Keeping
from tables.partition import PartitionTable
from tests.entries import read_back
from tests.folded import Document, Folded
from tidemark.workers.group_worker import KEPT_ALWAYS_MS

SETTINGS = FoldSettings(
    partitions=1,
    limits=Limits(1024 * 1024, 5_000),
    late_ms=35 * DAY_MS,
    refund_ms=180 * DAY_MS,
    grant_limits=GrantLimits(10_000, 50_000),
    turn_bytes=2 * 1024 * 1024,
    announce_registrations=False,
)
KEEP_ORDERS_MS = (180 + 35) * DAY_MS


def changes_of(definitions: Sequence[Document], keep_ms: int = KEEP_ORDERS_MS) -> Changes:
    """The first version of each definition, in force from its own start. `keep_ms`: until its books close once it is over."""
    saved = [
        Saved(kind=each["kind"], code=each["code"], version=1, saved_at_ms=ALWAYS_MS, document=json.loads(json.dumps(each)))
        for each in definitions
    ]
    return Changes(enumerate(saved), keep_ms)


def rulebook_of(definitions: Sequence[Document], keep_ms: int = KEEP_ORDERS_MS) -> Rulebook:
    """See `changes_of`."""
    return changes_of(definitions, keep_ms).rulebook


class Folding(Folded):
    """All partitions of a worker. Documents are taken by `take` and folded in turns by `turn`; what came out is added up."""

    def __init__(self, definitions: Sequence[Document], clock: DocumentsClock | None = None, **settings: Any) -> None:
        """`clock`: the documents' own, as in a replay."""
        self.settings = msgspec.structs.replace(SETTINGS, **settings)
        keep_ms = self.settings.late_ms + self.settings.refund_ms
        self.changes = changes_of(definitions, keep_ms)
        self.rulebook = self.changes.rulebook
        self.clock = clock
        keeping = None if clock is None else Keeping(at_hand=True)
        # A replay keeps all orders.
        keep_orders_ms = keep_ms if clock is None else KEPT_ALWAYS_MS
        self.tables = [
            PartitionTable(number, {}, keep_orders_ms, clock=clock, keeping=keeping) for number in range(self.settings.partitions)
        ]
        self.errors = ErrorLimit()
        self.outputs: dict[str, list[Record]] = defaultdict(list)
        # What was committed to the changelogs.
        self.committed: list[Record] = []
        self.malformed: list[Output] = []
        self.rekeyed: list[Rekeyed] = []
        self._waiting: list[list[Run]] = [[] for _ in self.tables]
        self._offset = 0

    def take(
        self,
        raw: Document | bytes | None,
        *,
        now_ms: int = 0,
        topic: str = POS_ORDERS,
        partition: int | None = None,
        headers: Headers | None = None,
        received_ms: int | None = None,
    ) -> None:
        """Puts a record into a partition: its member's own, unless one is given. `now_ms`: the broker's timestamp."""
        data = json.dumps(raw).encode() if isinstance(raw, dict) else raw
        given = list(headers or [])
        if received_ms is not None:
            given.append((RECEIVED_HEADER, b"%d" % received_ms))
        at = self._home(data) if partition is None else partition
        self._waiting[at].append(Run(topic, [Record(self._offset, now_ms, None, data, given)]))
        self._offset += 1

    def turn(self) -> None:
        """Folds all that was taken: each partition in as many turns as it needs; by the documents' clock, in the order it was taken in."""
        if self.clock is not None:
            self._turn_in_order(self.clock)
            return
        for table, waiting in zip(self.tables, self._waiting, strict=True):
            while waiting:
                turn = self.begin(table)
                del waiting[: fold(turn, waiting)]
                self.seal(table, turn)

    def begin(self, table: PartitionTable) -> Turn:
        """A partition's next turn, to be ended by `seal`."""
        return Turn(table, self.rulebook, self.settings, self.errors)

    def _turn_in_order(self, clock: DocumentsClock) -> None:
        runs = [(run.records[0].offset, at, run) for at, waiting in enumerate(self._waiting) for run in waiting]
        turns: dict[int, Turn] = {}

        def turn_of(place: int) -> Turn:
            return turns.get(place) or turns.setdefault(place, self.begin(self.tables[place]))

        for _, at, (topic, records) in sorted(runs):
            if (change := _change_of(records[0].value or b"", self.settings.limits)) is not None:
                self._seal_all(turns)
                self._change(change, Incoming(topic, records[0]), clock)
                continue
            turn = turn_of(at)
            judged_by = judging(self.settings.limits, self.rulebook, replayed=True)
            (reading,) = read(topic, at, records, self.settings, judged_by, self.tables[at].head.seed, clock)
            self._run_limited(clock, clock.now_ms, moves_clock_to(turn, reading, turn_of), turns)
            apply(turn, topic, records[0], reading)
            take_sent(turn, turn_of)
        self._seal_all(turns)
        for waiting in self._waiting:
            waiting.clear()

    def _run_limited(self, clock: DocumentsClock, after_ms: int, until_ms: int, turns: dict[int, Turn]) -> None:
        def turn_of(at: int) -> Turn:
            return turns.get(at) or turns.setdefault(at, self.begin(self.tables[at]))

        run_limited(clock, self.rulebook, after_ms, until_ms, self.tables, turn_of)

    def _seal_all(self, turns: dict[int, Turn]) -> None:
        for at, turn in turns.items():
            self.seal(self.tables[at], turn)
        turns.clear()

    def _change(self, change: Change | Malformed, incoming: Incoming, clock: DocumentsClock) -> None:
        """A line that changes a definition, which holds for the lines after it."""

        received_ms = clock.now_ms
        try:
            if isinstance(change, Malformed):
                raise change
            accept_change(change, self.changes, clock, self.settings)
            self._fire_due(clock, received_ms)
            self.changes.make(change, clock.now_us)
            self.rulebook = self.changes.rulebook
        except (Refused, Malformed) as refused:
            letter = dead_letter(incoming, 0, received_ms, refused.reason, str(refused))
            turn = self.begin(self.tables[0])
            turn.outputs.put(letter.topic, letter.event_id, letter.key, letter.value)
            self.seal(self.tables[0], turn)

    def _fire_due(self, clock: DocumentsClock, after_ms: int) -> None:
        turns: dict[int, Turn] = {}
        self._run_limited(clock, after_ms, clock.now_ms, turns)
        self._seal_all(turns)
        self.see_to_all(clock.now_ms)

    def sweep(self, now_ms: int) -> None:
        """Lets time pass, without documents: what is due by then fires."""
        for table in self.tables:
            table.clock.reach(now_ms)
            while table.timers.next_due_ms() <= now_ms:
                turn = self.begin(table)
                sweep(turn, 1_000)
                self.seal(table, turn)

    def recalculate(self) -> None:
        """Judges everybody by the programs that hold by the partitions' clocks."""
        for table in self.tables:
            recalculation = Recalculation()
            while recalculation.due(turn := self.begin(table)):
                recalculation.step(turn, 1_000)
                self.seal(table, turn)

    def see_to_all(self, now_ms: int) -> None:
        """All that is due by then fires."""
        self.sweep(now_ms)
        self.recalculate()
        self.run()

    def run(self) -> None:
        """Makes the runs of bulks that have started by the partitions' clocks."""
        for table in self.tables:
            run_pass = RunPass()
            while run_pass.due(turn := self.begin(table)):
                run_pass.step(turn, 1_000)
                self.seal(table, turn)

    def end(self) -> None:
        """The midnight that ends the last document's day, as at the end of a replay (spec 6)."""
        assert self.clock is not None
        default = self.rulebook.default_program(self.clock.now_ms)
        program = None if default is None else self.rulebook.program(default, self.clock.now_ms)
        after_ms = self.clock.now_ms
        self.clock.end(midnight_after(self.clock.now_ms, "UTC" if program is None else program.timezone))
        self._fire_due(self.clock, after_ms)

    def _home(self, data: bytes | None) -> int:
        try:
            member_id = json.loads(data or b"")["member_id"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return 0
        return partition_of(member_id, len(self.tables)) if isinstance(member_id, str) else 0

    def waiting(self, partition: int) -> list[Run]:
        """What was taken and not yet folded."""
        return self._waiting[partition]

    def seal(self, table: PartitionTable, turn: Turn) -> None:
        """Ends a turn."""
        if table.asked:
            decide_waiting(turn)
        turn.tell_keepers()
        turn.put_figures()
        for topic, entries in turn.outputs.by_topic.items():
            self.outputs[topic] += read_back(entries)
        self.malformed += turn.malformed
        self.rekeyed += turn.rekeyed
        self.errors.folded(turn.documents)
        _, entries = table.seal({}, table.head.turn + 1, turn.outputs.by_topic)
        self.committed += read_back(entries)


def _change_of(data: bytes, limits: Limits) -> Change | Malformed | None:
    try:
        return change_of(data, limits)
    except Malformed as malformed:
        return malformed
