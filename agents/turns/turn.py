"""The turn in hand of one partition: what everything that makes a batch has before it, what it leaves, and how large that is.

Documents, what is due and what is judged afresh all go through it, each member's in one guarded call (agents/turns/guarded.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from agents.fold.orders import Orders
from agents.fold.rekeying import Rekeyed
from agents.fold.settings import FoldSettings
from agents.turns.error_limit import ErrorLimit
from agents.turns.keepers import ask_keepers, decide_at_hand
from agents.turns.made import has_untold, tell_made
from broker.wire.records import Output
from rules.benefits.codes import code_of
from rules.bulk.giving import Distribution
from rules.bulk.runs import Due
from rules.figures import figuring
from rules.figures.figuring import Figuring
from rules.finer import keep_registration
from rules.happened import BenefitIssued, Grant, Happened, LevelChange, registered
from rules.levels.held import shown
from rules.members import register
from rules.rulebook.rulebook import Rulebook
from rules.state import Member, Membership
from rules.times import iso
from sinks.topics.events import put_additions, put_events
from sinks.topics.outputs import Mark, Outputs
from streams.limited import encode_limited, home_of
from streams.moved import Message
from streams.routing import partition_of
from tables.partition import PartitionTable

# Runs that are due of members at different times and are remembered: in a replay, of years.
_DISTRIBUTIONS_MAX: Final = 1_000


class TurnMark(NamedTuple):
    """What had been put out, what keepers had made, what the figures were, how much no keeper had decided and how often keepers were asked,
    when it was made.
    """

    outputs: Mark
    kept: dict[str, tuple[int, int]]
    figures: figuring.Mark | None
    granted: int
    asked: int


class Turn:
    """One partition's table under one rulebook, and what comes of it. The table keeps or forgets all of it at once."""

    def __init__(
        self,
        table: PartitionTable,
        rulebook: Rulebook,
        settings: FoldSettings,
        errors: ErrorLimit,
        outputs: Outputs | None = None,
        orders: Orders | None = None,
    ) -> None:
        """`outputs`: where what it puts out goes; None: to the topics. `orders`: the table's, where they are at hand."""
        self.table = table
        self.clock = table.clock
        self.rulebook = rulebook
        self.settings = settings
        self.errors = errors
        self.most_bytes = settings.turn_bytes
        self.grant_limits = settings.grant_limits
        self._order_store = table.orders
        table.closed = rulebook.closings.closed(self.clock.now_ms)
        self.orders = orders or Orders(table.orders, table.head.seed)
        self.outputs = outputs or Outputs("aggregate", table.partition, table.head.turn + 1)
        # What depends on a record alone is published before the turn is committed: documents for other partitions, and malformed ones.
        self.rekeyed: list[Rekeyed] = []
        self.malformed: list[Output] = []
        # Of what is in hand: what happened, and the dead letters, until it is known that all went well.
        self.happened: list[Happened] = []
        self.letters: list[Output] = []
        # To other ids, with the id each; and, where all partitions are at hand, what is to be taken there before anything else.
        self.sending: list[tuple[str, Message]] = []
        self.sent: list[tuple[int, Message]] = []
        self.figures = Figuring(settings.late_ms) if settings.figures else None
        # Grants that were made without a keeper.
        self.granted: list[Grant] = []
        # By activities that were limited later: of each grant that a keeper was asked for, and of each that he decided.
        self.asked: list[str] = []
        self.decided: list[str] = []
        self.documents = 0
        # Of the documents taken, and of those to be written again.
        self.taken_bytes = 0
        # From when on the newest programs are others than everybody has been judged by, and some run has started that not everybody is
        # done with.
        self.judge_from_ms = rulebook.program_changes.next_ms(table.judged)
        self.run_from_ms = rulebook.runs.after(table.ran_ms).at_ms
        # From when on something of everybody may be due.
        self.everybody_from_ms = min(self.judge_from_ms, self.run_from_ms)
        # Those that were asked for, by when they are due, and when it was by the clock.
        self._distributions: dict[int, Distribution] = {}
        self._distributed_ms: int | None = 0

    def full(self) -> bool:
        """Whether it takes in, keeps or puts out as much as a turn may (spec 1.6): what is in hand is done, and no more."""
        return self.room() <= 0

    def room(self) -> int:
        """How many bytes it may take in, keep and put out until it is full."""
        kept = self.table.touched_bytes + self._order_store.staged_bytes
        return self.most_bytes - self.taken_bytes - self.outputs.size_bytes - kept

    def registered(self, member: Member | None, time_ms: int, at: datetime) -> tuple[Member, bool]:
        """The member, registered where he was not yet (spec 1.7), and whether that is new; kept by `keep_new`, once all went well.
        `time_ms`, `at`: the time of the document that names him.
        """
        if member is not None and member.registered:
            return member, False
        new = register(self.rulebook, time_ms, self.clock.now_ms, at if at.microsecond % 1000 else None)
        if member is not None:
            new.keep_held(member.held)
        return new, True

    def ran_ms(self, member: Member) -> int:
        """Until when runs have started that a member is done with."""
        return max(member.seldom.ran_ms, self.table.ran_ms, self.clock.began_ms)

    def distribution(self, due: Due) -> Distribution:
        """What is due of every member at one time, as it is done by now."""
        # In a replay everybody is reached at the start.
        now_ms = None if self.clock.of_documents else self.clock.now_ms
        if self._distributed_ms != now_ms or len(self._distributions) > _DISTRIBUTIONS_MAX:
            self._distributions.clear()
            self._distributed_ms = now_ms
        found = self._distributions.get(due.at_ms)
        if found is None:
            found = self._distributions[due.at_ms] = Distribution(due, self.rulebook, now_ms)
        return found

    def keep_new(self, member_id: str, member: Member, registered_at: datetime, *, by_order: bool = False) -> None:
        """Keeps a member who is new. Before whatever else came of the document, the levels that he was registered into are told; at none,
        where that is announced. `by_order`: an order registered him, which tells the figures.
        """
        self.table.touched[member_id] = member
        if self.figures is not None and not by_order:
            self.figures.registered(registered_at)
        if registered_at.microsecond % 1000:
            keep_registration(member, registered_at)
        now_ms, happened = self.clock.now_ms, self.happened
        if now_ms >= self.run_from_ms:
            # What has started is not for him.
            member.seldom.ran_ms = now_ms
        told: list[Happened] = []
        announced = self.settings.announce_registrations
        for membership in member.memberships:
            if membership.level is None and not happened and not announced:
                # Most are registered at none, and their first order raises none.
                continue
            level = self._registered_at(member, membership)
            if level is not None or announced:
                told.append(registered(membership.program, member_id, level, iso(registered_at)))
        if told:
            happened[:0] = told

    def _registered_at(self, member: Member, membership: Membership) -> str | None:
        """At which level of a program the member in hand was registered: the one before the first change since, or else that of now."""
        for change in self.happened:
            if type(change) is LevelChange and change.program == membership.program:
                return change.before
        return shown(self.rulebook.program_of(member, membership.program, self.clock.now_ms), membership)

    def put_figures(self) -> None:
        """What the turn adds to the figures, once, as it ends."""
        if self.figures is None:
            return
        table = self.table
        turn = table.head.turn + 1
        additions = self.figures.additions(table.partition, turn, table.figured_turn, self.clock.now_ms, self.rulebook)
        if additions is not None:
            put_additions(self.outputs, additions)
            table.figured_turn = turn

    def owes_keepers(self) -> bool:
        """Whether a keeper has to be told of what was made before his activity was limited."""
        return bool(self.rulebook.limited_later) and not self.table.keeping.at_hand and has_untold(self)

    def tell_keepers(self) -> None:
        """What the turn has made without keepers, as it ends."""
        if self.granted or self.asked or self.decided or self.owes_keepers():
            tell_made(self)

    def failed(self, error: Exception) -> None:
        """The document in hand, or what was due before it, threw. Raises TooManyErrors."""
        self.errors.failed(self.documents, error, self.settings.errors)

    def put_out(self, *, decided: bool = False) -> None:
        """What came of what was in hand, as records for the topics; `decided`: by a keeper, who knows of it. Raises before anything is put
        out, or not at all.
        """
        if self.happened:
            keeping = self.table.keeping
            if keeping.at_hand:
                decide_at_hand(self, keeping)
            elif self.rulebook.limited and not decided:
                ask_keepers(self)
            if self.figures is not None:
                self.figures.keep(self.happened, self.table.touched.get, self.rulebook, self.clock.now_ms)
            if self.rulebook.issues:
                self._give_codes()
            put_events(self.outputs, self.happened, None if decided or keeping.at_hand else self.granted)
            self.happened.clear()
        elif self.figures is not None:
            self.figures.keep_sums()
        if self.letters:
            for letter in self.letters:
                self.outputs.put(letter.topic, letter.event_id, letter.key, letter.value)
            self.letters.clear()
        if self.sending:
            self._send()

    def _send(self) -> None:
        """To where the members' documents meet: as records, or where all partitions are at hand, as they are (spec 1.7)."""
        partitions = self.settings.partitions
        for member_id, message in self.sending:
            if self.table.keeping.at_hand:
                self.sent.append((partition_of(member_id, partitions), message))
            else:
                self.outputs.put(home_of(member_id, partitions), "", member_id, encode_limited(message))
        self.sending.clear()

    def _give_codes(self) -> None:
        """Says by which codes what was issued is known."""
        for each in self.happened:
            if type(each) is BenefitIssued and each.code is not None:
                each.code = code_of(each.issue_id, self.table.head.seed)

    def mark(self) -> TurnMark:
        """What is put out by now, to be rolled back to."""
        figures = None if self.figures is None else self.figures.mark()
        return TurnMark(self.outputs.mark(), self.table.keeping.mark(), figures, len(self.granted), len(self.asked))

    def roll_back(self, mark: TurnMark) -> None:
        """As if nothing had been put out since then."""
        self.outputs.roll_back(mark.outputs)
        self.table.keeping.roll_back(mark.kept)
        del self.granted[mark.granted :]
        del self.asked[mark.asked :]
        if self.figures is not None and mark.figures is not None:
            self.figures.roll_back(mark.figures)

    def put_nothing_out(self) -> None:
        """As if what is in hand had not come."""
        if self.figures is not None:
            self.figures.forget()
        self.happened.clear()
        self.letters.clear()
        self.sending.clear()
