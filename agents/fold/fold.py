"""One partition's records folded into its state (spec 1.2 to 1.6).

Every document goes the same way: read, late, twice, what is due of its member, apply. What cannot be taken goes to the dead letters, and
the flow goes on; so does what a rule throws on: its member, its order and its outputs are as if it had not come, and nothing else is
touched. Records are read some at a time before they are applied: the same small code over and over runs faster than all of it for each.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from agents.fold.handlers import CHECKS, HANDLERS
from agents.fold.incoming import INTERNAL_ERROR, Incoming, Run, dead_letter, detail_of
from agents.fold.limited import fold_limited
from agents.fold.purchases import come_again, is_waited_for
from agents.fold.reading import Reading, Unreadable, judging, read
from agents.fold.rekeying import rekeyed, taken_before
from agents.metrics import PASSED_OVER, count_documents, count_rekeyed
from agents.turns.due import fire_due, has_due
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.kinds import KINDS, is_before, may_be_late, moves_clock, needs_member
from rules.documents.purchase import Purchase
from rules.documents.refund import Refund
from rules.figures.figuring import Figuring
from rules.gifts.releasing import carry_again
from rules.refused import Refused
from rules.state import NEVER_MS
from rules.times import DAY_MS, at_utc
from sinks.topics.outputs import Mark
from streams.feeds.feed import PassedOver
from streams.routing import partition_of
from streams.topics import LIMITED, REKEYED

_log = structlog.get_logger()

# Records read before they are applied.
READ_AT_ONCE = 256


def fold(turn: Turn, runs: Sequence[Run]) -> int:
    """Applies records in their order until the turn is full; how many. Raises TooManyErrors."""
    partition, settings, seed = turn.table.partition, turn.settings, turn.table.head.seed
    judged_by = judging(settings.limits, turn.rulebook)
    count = 0
    for topic, records in runs:
        before = count
        if topic == LIMITED:
            taken = fold_limited(turn, records)
            count += taken
            count_documents(topic, taken)
            if taken < len(records):
                return count
            continue
        for start in range(0, len(records), READ_AT_ONCE):
            some = records[start : start + READ_AT_ONCE]
            for record, reading in zip(some, read(topic, partition, some, settings, judged_by, seed), strict=True):
                if turn.full():
                    count_documents(topic, count - before)
                    return count
                apply(turn, topic, record, reading)
                count += 1
        count_documents(topic, count - before)
    return count


def apply(turn: Turn, topic: str, record: Record, reading: Reading) -> None:
    """Applies one record. Raises TooManyErrors."""
    turn.documents += 1
    if not isinstance(reading, Accepted):
        _apply_none(turn, topic, record, reading)
        return
    assert record.value is not None
    turn.taken_bytes += len(record.value)
    table, clock, orders = turn.table, turn.clock, turn.orders
    if topic == REKEYED and taken_before(Incoming(topic, record), table, turn.settings.partitions):
        return
    member_id = reading.document.member_id
    member = before = None
    if member_id is not None:
        member, before = table.take(member_id)
        if member is None:
            partition = partition_of(member_id, turn.settings.partitions)
            if partition != table.partition:
                count_rekeyed(topic)
                turn.rekeyed.append(rekeyed(Incoming(topic, record), table.partition, partition, member_id, reading.received_ms))
                return
    if record.timestamp_ms > clock.now_ms:
        clock.appended(record.timestamp_ms)
    if member is not None and member.due != NEVER_MS and has_due(turn, member):
        # What was given up by now stands in nobody's way.
        assert member_id is not None
        member = fire_due(turn, member_id, member)
        before = table.snapshot(member_id)
    before_ms = clock.now_ms
    orders_mark = len(orders.entries)
    outputs_mark: Mark | None = None
    kept_mark: dict[str, tuple[int, int]] = {}
    try:
        if reading.time_ms <= reading.received_ms - turn.settings.late_ms:
            _check_late(reading, turn.settings.late_ms)
        again = bool(reading.own_key) and orders.seen(reading)
        if again and (member is None or not is_waited_for(reading.document, member)):
            return
        if member_id is None and needs_member(reading.document):
            raise Refused("no_member", "expected the member of the order that the refund names; it is missing", "/member_id")
        if clock.of_documents and not again:
            clock.accepted(reading.time_ms, reading.received_ms)
        if member_id is None:
            if turn.figures is not None:
                _figure_anonymous(turn, turn.figures, reading)
            return
        if member is not None and (member.due != NEVER_MS or clock.now_ms >= turn.everybody_from_ms) and has_due(turn, member):
            outputs_mark = turn.outputs.mark()
            kept_mark = table.keeping.mark()
            figures_mark = None if turn.figures is None else turn.figures.mark()
            member = fire_due(turn, member_id, member)
            if moves_clock(reading.document):
                # What was due by then was, whatever comes of it.
                before, outputs_mark = table.snapshot(member_id), None
        if again:
            assert member is not None
            come_again(turn, reading.document, member_id, member)
        else:
            HANDLERS[type(reading.document)](turn, reading, member_id, member, topic, record)
        if member is not None and member.due != NEVER_MS:
            carry_again(member, turn.rulebook, clock.now_ms)
        if turn.happened or turn.letters or turn.figures is not None:
            turn.put_out()
        return
    except Refused as refused:
        found = _invalid(turn, reading) or refused
        reason, detail = found.reason, detail_of(found, record.value)
    except Exception as error:
        _log.exception("rule_threw", topic=topic, partition=table.partition, offset=record.offset)
        reason, detail = INTERNAL_ERROR, repr(error)
        turn.failed(error)
    turn.put_nothing_out()
    orders.roll_back(orders_mark)
    if member_id is not None:
        table.roll_back(member_id, before)
        if outputs_mark is not None:
            # What was due by the time of a document that does not count may not be due.
            turn.outputs.roll_back(outputs_mark)
            table.keeping.roll_back(kept_mark)
            if turn.figures is not None and figures_mark is not None:
                turn.figures.roll_back(figures_mark)
            clock.refused(before_ms)
            member = table.member(member_id)
            if member is not None and has_due(turn, member):
                fire_due(turn, member_id, member)
    if not moves_clock(reading.document):
        clock.refused(before_ms)
    _bury(turn, Incoming(topic, record), reading.received_ms, reason, detail)


def _invalid(turn: Turn, accepted: Accepted) -> Refused | None:
    """Why a document that is refused is invalid by the definitions, if it is: that is said first (spec 1.6)."""
    check = CHECKS.get(type(accepted.document))
    try:
        if check is not None:
            check(turn, accepted)
    except Refused as refused:
        return refused
    return None


def _figure_anonymous(turn: Turn, figures: Figuring, reading: Accepted) -> None:
    """A sale to nobody who is known counts in the live figures, and nowhere else (spec 1.1, 4.6)."""
    document = reading.document
    if isinstance(document, Purchase):
        figures.sold(document, reading.time_ms, reading.amount)
    elif isinstance(document, Refund):
        figures.given_back(document.store_id, document.channel, document.currency, reading.time_ms, reading.amount)
    turn.put_out()


def _apply_none(turn: Turn, topic: str, record: Record, reading: Exception) -> None:
    """A record without an acceptable document. What it holds depends on it alone, unless our own code threw on it."""
    if isinstance(reading, PassedOver):
        PASSED_OVER.labels(topic, reading.why).inc()
        turn.taken_bytes += len(record.value or b"")
        return
    if isinstance(reading, Unreadable):
        letter = dead_letter(Incoming(topic, record), turn.table.partition, reading.received_ms, reading.reason, str(reading))
        turn.malformed.append(letter)
        turn.taken_bytes += len(letter.value)
        return
    _log.error("rule_threw", topic=topic, partition=turn.table.partition, offset=record.offset, exc_info=reading)
    turn.failed(reading)
    _bury(turn, Incoming(topic, record), record.timestamp_ms, INTERNAL_ERROR, repr(reading))


def _bury(turn: Turn, incoming: Incoming, received_ms: int, reason: str, detail: str) -> None:
    """A dead letter that depends on what is kept."""
    letter = dead_letter(incoming, turn.table.partition, received_ms, reason, detail)
    turn.outputs.put(letter.topic, letter.event_id, letter.key, letter.value)


def _check_late(accepted: Accepted, late_ms: int) -> None:
    """A document placed too long before it was received: only imported orders are taken. Raises Refused (spec 1.1, 1.5)."""
    document = accepted.document
    if may_be_late(document) or not is_before(document, accepted.time_ms, accepted.received_ms - late_ms):
        return
    received = f"it was received ({at_utc(accepted.received_ms)})"
    problem = f"expected a time at most {late_ms // DAY_MS} days before {received}; got {at_utc(accepted.time_ms)}"
    raise Refused("late", problem, f"/{KINDS[type(document)].time_field}")
