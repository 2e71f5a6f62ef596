"""One partition's records folded into its state: the turn in hand (spec 1.2 to 1.6).

Every document goes the same way: decode, validate, late, twice, apply. What cannot be taken goes to the dead letters, and the flow
goes on. The table keeps or forgets all of it at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from msgspec import UNSET, Struct

from agents.incoming import Incoming, dead_letter, header_ms, source_of
from agents.orders import Conflict, Orders
from broker.records import Headers, Record
from rules.content import content_of, keys_of
from rules.documents import InvalidDocument, MemberDocument, Purchase, Refund, at_utc, epoch_ms
from rules.happened import Granted, Happened, LevelChanged, ThresholdCrossed, Why
from rules.levels import Cause, judge
from rules.members import change, check_member, register
from rules.purchase import TooManyGrants, apply_purchase
from rules.refund import refund_order, refund_without_order
from rules.rulebook import Rulebook
from rules.state import HeldRefund, Member, OrderRecord
from sinks.events import encode_dead_letter, encode_grant, encode_level, encode_threshold, grant_id
from streams.decode import Limits, Malformed, decode, validate
from streams.routing import CLOCK_HEADER, RECEIVED_HEADER, SOURCE_HEADER, partition_of
from streams.topics import DEAD_LETTERS, GIFTS, LEVELS, REKEYED, THRESHOLDS
from tables.layout import Output
from tables.partition import PartitionTable

_log = structlog.get_logger()

_NO_LIMITS = Limits(2**63, 2**63)
# Members swept in one turn.
MAX_DUE_A_TURN = 1000


class FoldSettings(Struct, frozen=True):
    """How documents are judged. Times in ms. `documents_clock`: the clock is the documents' own (replay), not the broker's."""

    partitions: int
    limits: Limits
    late_ms: int
    refund_ms: int
    max_grants: int
    turn_bytes: int
    documents_clock: bool
    announce_registrations: bool


class Rekeyed(NamedTuple):
    """A record to be written again, where its member's documents meet."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: Headers


class Refused(Exception):
    """A document that cannot be applied: `reason` is a code of the dead letters."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Broken(Exception):
    """A rule threw on the record at `index`: the turn in hand must be forgotten."""

    def __init__(self, index: int, error: Exception) -> None:
        super().__init__(repr(error))
        self.index = index


class Fold:
    """Folds records into one partition's table under one rulebook; made anew for each turn."""

    def __init__(self, table: PartitionTable, rulebook: Rulebook, settings: FoldSettings) -> None:
        self.table = table
        self.rulebook = rulebook
        self.settings = settings
        # What depends on a record alone is published before the turn is committed: documents for other partitions, and malformed ones.
        self.rekeyed: list[Rekeyed] = []
        self.malformed: list[Output] = []
        self._orders = Orders(table.orders)
        self._happened: list[Happened] = []

    def run(self, records: Sequence[Incoming], broken: dict[int, str]) -> int:
        """Applies records in their order until the turn is full; how many. Those in `broken` become internal_error dead letters.

        Raises Broken.
        """
        outputs = self.table.outputs
        size = 0
        for index, incoming in enumerate(records):
            if size > self.settings.turn_bytes:
                return index
            known = len(outputs)
            try:
                if index in broken:
                    self._dead(incoming, self._received(incoming.record), "internal_error", broken[index])
                else:
                    self._apply(incoming)
            except Exception as error:
                _log.exception("rule_threw", topic=incoming.topic, partition=self.table.partition, offset=incoming.record.offset)
                raise Broken(index, error) from error
            value = incoming.record.value
            size += 0 if value is None else len(value)
            if len(outputs) > known:
                size += sum(len(output.value) for output in outputs[known:])
        return len(records)

    def sweep(self, now_ms: int) -> None:
        """Fires what is due of members to whom nothing comes: refunds whose order did not come (spec 1.2)."""
        table = self.table
        table.clock_ms = max(table.clock_ms, now_ms)
        if table.next_due_ms() > table.clock_ms:
            return
        for member_id in table.due_members(table.clock_ms, MAX_DUE_A_TURN):
            member = table.member(member_id)
            if member is not None:
                self._expire_held(member_id, member, table.clock_ms)

    def judge_afresh(self, member_ids: Sequence[str], now_ms: int) -> None:
        """Brings the levels of members to what the programs that hold now say (spec 3.5, 3.6)."""
        table = self.table
        cause = Cause("rule", None, None, _moment(now_ms))
        for member_id in member_ids:
            for place, membership in enumerate(table.look(member_id).memberships):
                program = None if membership.left else self.rulebook.program(membership.program, now_ms)
                if program is not None and program.level_for(membership.spent) != membership.level:
                    member = table.member(member_id)
                    assert member is not None
                    judge(member_id, member, member.memberships[place], program, self.rulebook, cause, self._happened)
        if self._happened:
            self._put_out()

    def _apply(self, incoming: Incoming) -> None:
        record = incoming.record
        table = self.table
        if record.value is None and self.settings.documents_clock:
            self.sweep(header_ms(record, CLOCK_HEADER))
            return
        received_ms = self._received(record) if record.headers else record.timestamp_ms
        try:
            feed = incoming.topic if incoming.topic != REKEYED else _feed_of(source_of(incoming, self.table.partition))
            document = decode(feed, record.value, self.settings.limits)
            if document.received_at is not None:
                received_ms = epoch_ms(document.received_at)
            time_ms, amount = validate(document, received_ms, self.settings.limits)
        except Malformed as malformed:
            self.malformed.append(dead_letter(incoming, self.table.partition, received_ms, malformed.reason, str(malformed)))
            return
        member_id = document.member_id
        member = None
        if member_id is not None:
            member = table.member(member_id)
            if member is None:
                partition = partition_of(member_id, self.settings.partitions)
                if partition != table.partition:
                    self._rekey(incoming, partition, member_id, received_ms)
                    return
        clock_ms = header_ms(record, CLOCK_HEADER) if self.settings.documents_clock else record.timestamp_ms
        if clock_ms > table.clock_ms:
            table.clock_ms = clock_ms
        try:
            if time_ms < received_ms - self.settings.late_ms:
                self._check_late(document, time_ms, received_ms)
            if member_id is None:
                return
            if member is not None and member.held:
                self._expire_held(member_id, member, table.clock_ms)
            if isinstance(document, Purchase):
                self._purchase(document, member_id, member, time_ms, amount)
            elif isinstance(document, Refund):
                self._refund(document, member_id, member, time_ms, received_ms, incoming)
            else:
                self._member(document, member_id, member, time_ms)
        except Refused as refused:
            self._dead(incoming, received_ms, refused.reason, str(refused))
        except Conflict as conflict:
            self._dead(incoming, received_ms, "conflict", str(conflict))
        except InvalidDocument as invalid:
            self._dead(incoming, received_ms, "invalid", str(invalid))
        if self._happened:
            self._put_out()

    def _purchase(self, order: Purchase, member_id: str, member: Member | None, placed_ms: int, amount: int) -> None:
        content = content_of(order)
        keys = keys_of(order)
        if self._orders.seen(order, keys, content):
            return
        now_ms = self.table.clock_ms
        member, new = self._registered(member, placed_ms)
        try:
            record = apply_purchase(
                member, order, amount, placed_ms, now_ms, content, self.rulebook, self.settings.max_grants, self._happened
            )
        except TooManyGrants as error:
            raise Refused("too_many_grants", str(error)) from error
        if new:
            self._keep_new(member_id, member, order.placed_at)
        self._orders.keep(keys, record)
        if member.held:
            self._apply_held(order, member_id, member, record)

    def _refund(
        self, refund: Refund, member_id: str, member: Member | None, refunded_ms: int, received_ms: int, incoming: Incoming
    ) -> None:
        content = content_of(refund)
        keys = keys_of(refund)
        if self._orders.seen(refund, keys, content):
            return
        record = None if refund.order_id is None else self._orders.order(member_id, refund.order_id)
        if refund.order_id is not None and record is None:
            self._hold(refund, refund.order_id, member_id, member, received_ms, incoming)
        else:
            member, new = self._registered(member, refunded_ms)
            if record is not None:
                self._refund_order(refund, member_id, member, record, received_ms)
            else:
                refund_without_order(member_id, member, refund, refunded_ms, self.table.clock_ms, self.rulebook, self._happened)
            if new:
                self._keep_new(member_id, member, refund.refunded_at)
        self._orders.keep_refund(keys, content)

    def _refund_order(self, refund: Refund, member_id: str, member: Member, record: OrderRecord, received_ms: int) -> None:
        """Applies a refund to its order. Raises Refused."""
        if received_ms - record.came_ms > self.settings.refund_ms:
            raise Refused("unknown_order", f"order {record.order_id} came {at_utc(record.came_ms)}, too long ago for a refund")
        if refund.currency != record.currency:
            raise Refused("invalid", f"currency: the refund is in {refund.currency}, its order in {record.currency}")
        amended = refund_order(member_id, member, refund, record, self.table.clock_ms, self.rulebook, self._happened)
        self._orders.amend(amended)

    def _hold(
        self, refund: Refund, order_id: str, member_id: str, member: Member | None, received_ms: int, incoming: Incoming
    ) -> None:
        """Keeps a refund that came before its order, for late_days after it was received (spec 1.2)."""
        due_ms = received_ms + self.settings.late_ms + 1
        if due_ms <= self.table.clock_ms:
            raise Refused("unknown_order", f"order {order_id} did not come")
        if member is None:
            member = self.table.touched[member_id] = Member([], {}, {}, {}, [], registered=False)
        self.table.note_due(member_id, due_ms)
        member.held.append(
            HeldRefund(
                refund.refund_id,
                order_id,
                due_ms,
                received_ms,
                incoming.record.value or b"",
                source_of(incoming, self.table.partition),
            )
        )

    def _apply_held(self, order: Purchase, member_id: str, member: Member, record: OrderRecord) -> None:
        """Applies the refunds that waited for this order, right after it, in the order in which they came (spec 1.2)."""
        waiting = [held for held in member.held if held.order_id == order.order_id]
        if not waiting:
            return
        member.held = [held for held in member.held if held.order_id != order.order_id]
        for held in waiting:
            refund = _held_document(held)
            try:
                kept = self._orders.order(member_id, order.order_id)
                assert kept is not None
                self._refund_order(refund, member_id, member, kept, held.received_ms)
            except Refused as refused:
                self._drop_held(member_id, refund, held, refused.reason, str(refused))

    def _expire_held(self, member_id: str, member: Member, now_ms: int) -> None:
        """Gives up on the refunds whose order did not come in time (spec 1.2)."""
        for held in [held for held in member.held if held.due_ms <= now_ms]:
            member.held.remove(held)
            refund = _held_document(held)
            self._drop_held(member_id, refund, held, "unknown_order", f"order {held.order_id} did not come")

    def _drop_held(self, member_id: str, refund: Refund, held: HeldRefund, reason: str, detail: str) -> None:
        self._orders.forget_refund(keys_of(refund))
        value = encode_dead_letter(reason, detail, held.source, held.received_ms, member_id.encode(), held.raw)
        self.table.outputs.append(Output(DEAD_LETTERS, held.source, member_id, value))

    def _member(self, document: MemberDocument, member_id: str, member: Member | None, time_ms: int) -> None:
        check_member(document, self.rulebook)
        member, new = self._registered(member, time_ms)
        if new and document.programs is not UNSET:
            member.memberships = []
        before = {membership.program for membership in member.memberships if not membership.left}
        change(member, document, time_ms)
        if new:
            self._keep_new(member_id, member, _moment(time_ms))
            return
        for membership in member.memberships:
            level, left = membership.level, membership.left
            if left == (membership.program in before) and (level is not None or self.settings.announce_registrations):
                was, now = (level, None) if left else (None, level)
                why: Why = "left" if left else "registered"
                self._happened.append(LevelChanged(membership.program, member_id, was, now, why, None, _moment(time_ms)))

    def _registered(self, member: Member | None, time_ms: int) -> tuple[Member, bool]:
        """The member, registered where he was not yet (spec 1.7), and whether that is new; kept by `_keep_new`, once all went well."""
        if member is not None and member.registered:
            return member, False
        new = register(self.rulebook, time_ms)
        if member is not None:
            new.held = member.held
        return new, True

    def _keep_new(self, member_id: str, member: Member, registered_at: datetime) -> None:
        self.table.touched[member_id] = member
        if self.settings.announce_registrations:
            for membership in reversed(member.memberships):
                self._announce(member_id, membership.program, None, "registered", registered_at)

    def _announce(self, member_id: str, program: str, level: str | None, why: Why, at: datetime) -> None:
        """Before whatever else came of the document."""
        self._happened.insert(0, LevelChanged(program, member_id, level, None, why, None, at))

    def _check_late(self, document: Purchase | Refund | MemberDocument, time_ms: int, received_ms: int) -> None:
        if isinstance(document, MemberDocument) or (isinstance(document, Purchase) and document.imported):
            return
        raise Refused("late", f"{at_utc(time_ms)} is too long before the document was received ({at_utc(received_ms)})")

    def _received(self, record: Record) -> int:
        """When the record's document was first received, as far as the record tells, epoch ms."""
        return header_ms(record, RECEIVED_HEADER)

    def _rekey(self, incoming: Incoming, partition: int, member_id: str, received_ms: int) -> None:
        """Sends a document to where its member's documents meet (spec 1.3), with when and where it first came."""
        record = incoming.record
        assert record.value is not None
        headers: Headers = [header for header in record.headers if header[0] not in (RECEIVED_HEADER, SOURCE_HEADER)]
        headers.append((RECEIVED_HEADER, b"%d" % received_ms))
        headers.append((SOURCE_HEADER, source_of(incoming, self.table.partition).encode()))
        self.rekeyed.append(Rekeyed(REKEYED, partition, member_id.encode(), record.value, headers))

    def _dead(self, incoming: Incoming, received_ms: int, reason: str, detail: str) -> None:
        self.table.outputs.append(dead_letter(incoming, self.table.partition, received_ms, reason, detail))

    def _put_out(self) -> None:
        """What happened, as records for the topics."""
        outputs = self.table.outputs
        for happened in self._happened:
            if isinstance(happened, Granted):
                id_ = grant_id(happened)
                outputs.append(Output(GIFTS, id_, happened.member_id, encode_grant(happened, id_)))
            elif isinstance(happened, LevelChanged):
                outputs.append(Output(LEVELS, "", happened.member_id, encode_level(happened)))
            else:
                assert isinstance(happened, ThresholdCrossed)
                outputs.append(Output(THRESHOLDS, "", happened.member_id, encode_threshold(happened)))
        self._happened.clear()


def _moment(time_ms: int) -> datetime:
    """An aware datetime of epoch milliseconds."""
    return datetime.fromtimestamp(time_ms / 1000, UTC)


def _feed_of(source: str) -> str:
    """The topic of a topic/partition/offset."""
    return source.partition("/")[0]


def _held_document(held: HeldRefund) -> Refund:
    """The refund that is held: it was accepted when it came, whatever the limits are now."""
    refund = decode(_feed_of(held.source), held.raw, _NO_LIMITS)
    assert isinstance(refund, Refund)
    return refund
