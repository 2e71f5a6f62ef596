"""One owned partition: its state, its log, what waits to be folded, and what was put out and is not yet acknowledged."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from agents.fold.fold import fold
from agents.fold.incoming import Incoming, Run
from agents.fold.limited import decide_waiting, may_decide_waiting
from agents.fold.orders import Orders
from agents.fold.rekeying import Rekeyed
from agents.fold.settings import FoldSettings
from agents.turns.error_limit import ErrorLimit
from agents.turns.recalculation import Recalculation
from agents.turns.run_pass import RunPass
from agents.turns.sweep import sweep
from agents.turns.together import TOGETHER
from agents.turns.turn import Turn
from agents.turns.waiting import first_of, in_lines, in_time
from broker.client.fetch import Fetched
from broker.wire.batches import ByTopic, Entry
from broker.wire.records import Output
from rules.rulebook.rulebook import Rulebook
from sinks.topics.outputs import Outputs
from streams.topics import LIMITED
from tables.commit_log import CommitLog
from tables.layout import RING
from tables.partition import PartitionTable

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
        self._orders = Orders(table.orders, table.head.seed)
        self._after_waiting = dict(positions)
        # The turn in hand, which is begun and not sealed: how many documents it has taken in and members it may have seen to, and when the
        # first of those documents was appended.
        self._turn: Turn | None = None
        self._taken_in = 0
        self.seen_to = 0
        self._since_ms: int | None = None
        # Members to whom documents owe that what is due of them is seen to, one each, also where they leave no time for it: some at a time.
        self._owed = 0
        # Whether too many grants of members here wait for keepers: until half of them are decided, nothing is taken that may owe more.
        self.waits_for_keepers = False

    def arrive(self, parts: Sequence[tuple[str, Fetched]]) -> None:
        """Takes what was fetched, by short topic name; what came before is left out, and what does not follow on that is thrown away.

        Of a partition that was held up and goes on, what was on its way here then is fetched once more, together with what follows it.
        """
        arrived: list[Run] = []
        for topic, part in parts:
            after = self._after_waiting[topic]
            if not part.from_offset <= after < part.next_offset:
                continue
            self._after_waiting[topic] = part.next_offset
            records = part.records if part.from_offset == after else [record for record in part.records if record.offset >= after]
            if records:
                arrived.append(Run(topic, records))
        if self._by_line:
            self._waiting = in_lines([*self._waiting, *arrived])
            return
        self._waiting += in_time(arrived)

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
        """The broker's time of the first record that waits, or is in hand; None where none does."""
        if self._since_ms is not None:
            return self._since_ms
        return self._waiting[0].records[0].timestamp_ms if self._waiting else None

    def waiting_records(self) -> int:
        """How many wait to be folded."""
        return sum([len(run.records) for run in self._waiting])

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
        self.take_in(rulebook, settings)
        return self.seal_in_hand()

    def take_in(self, rulebook: Rulebook, settings: FoldSettings) -> bool:
        """Folds what waits into the turn in hand, up to its size; and what is due, of no more members than documents. False where it can
        take nothing in: it is full, it was begun under another rulebook, or the ring is full. Raises TooManyErrors.
        """
        turn = self._turn_in_hand(rulebook, settings)
        if turn is None:
            return False
        if self._since_ms is None:
            self._since_ms = self.oldest_waiting_ms()
        if self.waits_for_keepers:
            limited = [run for run in self._waiting if run.topic == LIMITED]
            self._waiting = limited + [run for run in self._waiting if run.topic != LIMITED]
            count = fold(turn, limited)
        else:
            count = fold(turn, self._waiting)
        self._taken_in += count
        self._advance(count)
        self._owed += count
        if self._owed >= TOGETHER and not self.waits_for_keepers:
            most, self._owed = self._owed, 0
            self.seen_to += most
            self._see_to(turn, most)
        return True

    def see_ahead(self, rulebook: Rulebook, settings: FoldSettings, most: int) -> bool:
        """Sees in the turn in hand to what is due of at most so many members; whether there may be more. Raises TooManyErrors."""
        turn = self._turn_in_hand(rulebook, settings)
        if turn is None or not self.has_due(turn):
            if not (self._taken_in or self.seen_to):
                # With nothing in it, it is no turn.
                self._turn = None
            return False
        self.seen_to += most
        self._owed = max(0, self._owed - most)
        if not self.waits_for_keepers:
            self._see_to(turn, most)
        return True

    def see_to(self, rulebook: Rulebook, settings: FoldSettings, most: int) -> Sealed | None:
        """A turn of what is due of at most so many members while nothing comes; None where nothing is. Raises TooManyErrors."""
        if self.busy() or not self.may_seal():
            return None
        return self.seal_in_hand() if self.see_ahead(rulebook, settings, most) else None

    def in_hand(self) -> bool:
        """Whether a turn is begun, which is to be sealed once it may go."""
        return self._turn is not None

    def takes_more(self, rulebook: Rulebook) -> bool:
        """Whether the turn in hand may take more in, or one be begun: not where it is full or of another rulebook, or the ring is full."""
        turn = self._turn
        return self.may_seal() if turn is None else turn.rulebook is rulebook and not turn.full()

    def seal_in_hand(self) -> Sealed:
        """The turn in hand, with all that it has taken in and seen to."""
        turn, taken_in = self._turn, self._taken_in
        assert turn is not None, "no turn is in hand"
        self._turn, self._since_ms, self._taken_in, self.seen_to = None, None, 0, 0
        return self._end(turn, taken_in)

    def _turn_in_hand(self, rulebook: Rulebook, settings: FoldSettings) -> Turn | None:
        """The turn in hand, begun where there is none; None where it may take nothing more in."""
        if not self.takes_more(rulebook):
            return None
        turn = self._turn
        if turn is None:
            turn = self._turn = self.begin(rulebook, settings)
        return turn

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
        return Turn(self.table, rulebook, settings, self._errors, outputs, self._orders)

    def end(self, turn: Turn, count: int) -> Sealed:
        """The turn, in which the first `count` of what waits were folded."""
        self._advance(count)
        return self._end(turn, count)

    def _end(self, turn: Turn, count: int) -> Sealed:
        """The turn, of so many documents that wait no more."""
        self._finish(turn)
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
