"""One partition's records folded into its state: the turn in hand (spec 1.2 to 1.6).

Every document goes the same way: read, late, twice, apply. What cannot be taken goes to the dead letters, and the flow goes on. The
table keeps or forgets all of it at once. Records are read some at a time before they are applied: the same small code over and over
runs faster than all of it for each.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from msgspec import UNSET

from agents.fold.hand import Hand, Refused
from agents.fold.incoming import Incoming, Run, dead_letter, header_ms
from agents.fold.orders import Conflict
from agents.fold.reading import Reading, Unreadable, read
from agents.fold.refunds import Refunds
from agents.fold.rekeying import Rekeyed, rekeyed, taken_before
from agents.fold.settings import FoldSettings
from broker.wire.records import Output, Record
from rules.documents.accepted import Accepted
from rules.documents.kinds import may_be_late
from rules.documents.member import MemberDocument
from rules.documents.purchase import Purchase
from rules.documents.validity import InvalidDocument
from rules.happened import Grant, LevelChange, Why
from rules.levels.standing import Cause, judge
from rules.members import change, check_member
from rules.rulebook.rulebook import Rulebook
from rules.spending.purchase import TooManyGrants, apply_purchase
from rules.state import NEVER_MS, Member
from rules.times import at_utc, moment
from sinks.topics.events import put_events
from streams.routing import CLOCK_HEADER, RECEIVED_HEADER, partition_of
from streams.topics import REKEYED
from tables.partition import PartitionTable

_log = structlog.get_logger()

# Members swept in one turn.
MAX_DUE_A_TURN = 1000
# Records read before they are applied.
READ_AT_ONCE = 256
# For the size of a turn, so roughly: what an event takes on its topic, beside its gifts, and what a member's record grows by for each
# activity that an order counts in.
_EVENT_BYTES = 300
_PROGRESS_BYTES = 14


class Broken(Exception):
    """A rule threw on the record at `index`: the turn in hand must be forgotten."""

    def __init__(self, index: int, error: Exception) -> None:
        super().__init__(repr(error))
        self.index = index


class Fold(Hand):
    """Folds records into one partition's table under one rulebook; made anew for each turn."""

    def __init__(self, table: PartitionTable, rulebook: Rulebook, settings: FoldSettings) -> None:
        super().__init__(table, rulebook, settings)
        # What depends on a record alone is published before the turn is committed: documents for other partitions, and malformed ones.
        self.rekeyed: list[Rekeyed] = []
        self.malformed: list[Output] = []

    def run(self, runs: Sequence[Run], broken: dict[int, str]) -> int:
        """Applies records in their order until the turn is full; how many. Those in `broken` become internal_error dead letters.

        Raises Broken.
        """
        index = 0
        table, orders = self.table, self.table.orders
        left_bytes = self.settings.turn_bytes
        for topic, records in runs:
            for start in range(0, len(records), READ_AT_ONCE):
                some = records[start : start + READ_AT_ONCE]
                readings = read(topic, table.partition, some, self.settings.limits, table.head.seed)
                for record, reading in zip(some, readings, strict=True):
                    if left_bytes < table.touched_bytes + orders.staged_bytes:
                        self._put_out()
                        return index
                    if index in broken:
                        received_ms = header_ms(record, RECEIVED_HEADER)
                        self._dead(Incoming(topic, record), received_ms, "internal_error", broken[index])
                    else:
                        try:
                            left_bytes -= self._apply(topic, record, reading)
                        except Exception as error:
                            _log.exception("rule_threw", topic=topic, partition=table.partition, offset=record.offset)
                            raise Broken(index, error) from error
                    index += 1
        self._put_out()
        return index

    def sweep(self, now_ms: int) -> None:
        """Fires what is due of members to whom nothing comes: refunds whose order did not come (spec 1.2)."""
        table = self.table
        table.clock_ms = max(table.clock_ms, now_ms)
        if table.timers.next_due_ms() > table.clock_ms:
            return
        left_bytes = self.settings.turn_bytes
        for _ in range(MAX_DUE_A_TURN):
            member_id = table.timers.due(table.clock_ms) if left_bytes >= 0 else None
            if member_id is None:
                return
            member = table.member(member_id)
            assert member is not None
            left_bytes -= Refunds(self).expire_held(member_id, member, table.clock_ms)

    def judge_afresh(self, member_ids: Sequence[str], now_ms: int) -> None:
        """Brings the levels of members to what the programs that hold now say (spec 3.5, 3.6)."""
        table = self.table
        cause = Cause("rule", None, None, moment(now_ms))
        for member_id in member_ids:
            for place, membership in enumerate(table.look(member_id).memberships):
                program = None if membership.left else self.rulebook.program(membership.program, now_ms)
                if program is not None and program.level_for(membership.spent) != membership.level:
                    member = table.member(member_id)
                    assert member is not None
                    judge(member_id, member, member.memberships[place], program, self.rulebook, cause, self.happened)
        self._put_out()

    def _apply(self, topic: str, record: Record, reading: Reading) -> int:
        """Applies a record; how many bytes it adds to the turn, roughly."""
        table = self.table
        if not isinstance(reading, Accepted):
            return self._apply_none(topic, record, reading)
        assert record.value is not None
        size = len(record.value)
        if topic == REKEYED and taken_before(Incoming(topic, record), table, self.settings.partitions):
            return size
        document = reading.document
        member_id = document.member_id
        member = None
        if member_id is not None:
            member = table.member(member_id)
            if member is None:
                partition = partition_of(member_id, self.settings.partitions)
                if partition != table.partition:
                    self.rekeyed.append(
                        rekeyed(Incoming(topic, record), table.partition, partition, member_id, reading.received_ms)
                    )
                    return size
        clock_ms = header_ms(record, CLOCK_HEADER) if self.settings.documents_clock else record.timestamp_ms
        if clock_ms > table.clock_ms:
            table.clock_ms = clock_ms
        before = self.document_from = len(self.happened)
        try:
            if reading.time_ms < reading.received_ms - self.settings.late_ms:
                _check_late(reading)
            if member_id is None:
                return size
            if member is not None and member.due != NEVER_MS:
                size += Refunds(self).expire_held(member_id, member, table.clock_ms)
            if isinstance(document, Purchase):
                size += self._purchase(reading, document, member_id, member)
            elif isinstance(document, MemberDocument):
                self._member(document, member_id, member, reading.time_ms)
            else:
                Refunds(self).apply(reading, member_id, member, Incoming(topic, record))
        except Refused as refused:
            size += self._dead(Incoming(topic, record), reading.received_ms, refused.reason, str(refused))
        except Conflict as conflict:
            size += self._dead(Incoming(topic, record), reading.received_ms, "conflict", str(conflict))
        except InvalidDocument as invalid:
            size += self._dead(Incoming(topic, record), reading.received_ms, "invalid", str(invalid))
        if len(self.happened) > before:
            for happened in self.happened[before:]:
                size += _EVENT_BYTES + len(happened.gifts) if type(happened) is Grant else _EVENT_BYTES
        return size

    def _apply_none(self, topic: str, record: Record, reading: Exception) -> int:
        """A record without an acceptable document: of a replay's clock, or for the dead letters."""
        if record.value is None and self.settings.documents_clock:
            self.sweep(header_ms(record, CLOCK_HEADER))
            return 0
        if not isinstance(reading, Unreadable):
            raise reading
        letter = dead_letter(Incoming(topic, record), self.table.partition, reading.received_ms, reading.reason, str(reading))
        self.malformed.append(letter)
        return len(letter.value)

    def _purchase(self, accepted: Accepted, order: Purchase, member_id: str, member: Member | None) -> int:
        """An order that has just come; how many bytes it adds to what is kept. Raises Refused, Conflict."""
        if self.orders.seen(accepted.own_key, accepted.business_key, accepted.content):
            return 0
        new = False
        if member is None or not member.registered:
            member, new = self.registered(member, accepted.time_ms)
        try:
            record = apply_purchase(member, accepted, self.table.clock_ms, self.rulebook, self.settings.max_grants, self.happened)
        except TooManyGrants as error:
            raise Refused("too_many_grants", str(error)) from error
        if new:
            self.keep_new(member_id, member, order.placed_at)
        self.orders.keep(accepted.own_key, accepted.business_key, record)
        size = _PROGRESS_BYTES * len(record.activities)
        return size + Refunds(self).apply_held(order.order_id, member_id, member) if member.due != NEVER_MS else size

    def _member(self, document: MemberDocument, member_id: str, member: Member | None, time_ms: int) -> None:
        check_member(document, self.rulebook)
        member, new = self.registered(member, time_ms)
        if new and document.programs is not UNSET:
            member.memberships = []
        before = {membership.program for membership in member.memberships if not membership.left}
        change(member, document, self.rulebook, time_ms, self.table.clock_ms)
        if new:
            self.keep_new(member_id, member, moment(time_ms))
            return
        for membership in member.memberships:
            level, left = membership.level, membership.left
            if left == (membership.program in before) and (level is not None or self.settings.announce_registrations):
                was, now = (level, None) if left else (None, level)
                why: Why = "left" if left else "registered"
                self.happened.append(LevelChange(membership.program, member_id, was, now, why, None, at_utc(time_ms)))

    def _dead(self, incoming: Incoming, received_ms: int, reason: str, detail: str) -> int:
        """A dead letter that depends on what is kept; its bytes."""
        letter = dead_letter(incoming, self.table.partition, received_ms, reason, detail)
        self.outputs.put(letter.topic, letter.event_id, letter.key, letter.value)
        return len(letter.value)

    def _put_out(self) -> None:
        """What happened in this turn, as records for the topics."""
        put_events(self.outputs, self.happened)
        self.happened.clear()


def _check_late(accepted: Accepted) -> None:
    """A document placed too long before it was received: only imported orders are taken. Raises Refused (spec 1.1, 1.5)."""
    if may_be_late(accepted.document):
        return
    detail = f"{at_utc(accepted.time_ms)} is too long before the document was received ({at_utc(accepted.received_ms)})"
    raise Refused("late", detail)
