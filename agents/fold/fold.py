"""One partition's records folded into its state (spec 1.2 to 1.6).

Every document goes the same way: read, late, twice, what is due of its member, apply. What cannot be taken goes to the dead letters, and
the flow goes on; so does what a rule throws on: its member, its order and its outputs are as if it had not come, and nothing else is
touched. Records are read some at a time before they are applied, and then the members whom they touched are written: the same small code
over and over runs faster than all of it for each, and what is decoded is let go of while it is near.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agents.fold.handlers import CHECKS, HANDLERS
from agents.fold.incoming import Incoming, Run
from agents.fold.leading import found_orders, go_on, lead_on, next_id
from agents.fold.limited import fold_limited
from agents.fold.nobody import apply_to_deleted, apply_to_nobody
from agents.fold.purchases import come_again, is_waited_for
from agents.fold.reading import Reading, judging, read
from agents.fold.refusing import check_late, refuse, refuse_unread, said_first, undo
from agents.fold.rekeying import rekeyed, taken_before
from agents.metrics import count_documents, count_rekeyed
from agents.turns.due import fire_due, has_due
from agents.turns.turn import Turn, TurnMark
from broker.wire.records import Headers, Record
from rules.documents.accepted import Accepted
from rules.documents.accepting import accept
from rules.documents.kinds import latest_us, moves_clock
from rules.gifts.releasing import carry_again
from rules.state import NEVER_MS, Member
from streams.moved import Led
from streams.routing import RECEIVED_HEADER, SOURCE_HEADER, partition_of
from streams.topics import LIMITED, REKEYED
from tables.member.record import encode_member

# Records read before they are applied, and applied before the members whom they touched are written.
READ_AT_ONCE: Final = 64


def fold(turn: Turn, runs: Sequence[Run]) -> int:
    """Applies records in their order until the turn is full; how many. Raises TooManyErrors."""
    partition, settings, seed = turn.table.partition, turn.settings, turn.table.head.seed
    judged_by = judging(settings.limits, turn.rulebook)
    count = 0
    for topic, records in runs:
        before = count
        if topic == LIMITED:
            taken = fold_limited(turn, records, take_led)
            count += taken
            count_documents(topic, taken)
            if taken < len(records):
                return count
            continue
        for start in range(0, len(records), READ_AT_ONCE):
            if turn.full():
                break
            if count:
                turn.table.write_touched()
            some = records[start : start + READ_AT_ONCE]
            count += apply_all(turn, topic, some, read(topic, partition, some, settings, judged_by, seed))
        count_documents(topic, count - before)
        if count - before < len(records):
            break
    return count


def apply(turn: Turn, topic: str, record: Record, reading: Reading) -> None:
    """Applies one record, however full the turn is. Raises TooManyErrors."""
    apply_all(turn, topic, (record,), (reading,))


def apply_all(turn: Turn, topic: str, records: Sequence[Record], readings: Sequence[Reading], led: bool = False) -> int:
    """Applies the first of these records, and those after it until the turn is full; how many. Raises TooManyErrors.

    `led`: whether each was led here from other ids of its member, and is his (spec 1.7). What is the same for all is looked up once.
    """
    table, clock, orders, outputs, figures = turn.table, turn.clock, turn.orders, turn.outputs, turn.figures
    touched, members, entries, order_store, may_have = table.touched, table.members, orders.entries, table.orders, orders.may_have
    late_ms, most_bytes, handlers = turn.settings.late_ms, turn.most_bytes, HANDLERS
    once, of_documents, letters, sending = topic == REKEYED and not led, clock.of_documents, turn.letters, turn.sending
    count = 0
    for record, reading in zip(records, readings, strict=True):
        # As `turn.full`, without a call.
        if turn.taken_bytes + outputs.size_bytes + table.touched_bytes + order_store.staged_bytes >= most_bytes and count:
            break
        count += 1
        turn.documents += 1
        if not isinstance(reading, Accepted):
            refuse_unread(turn, topic, record, reading)
            continue
        value = record.value
        assert value is not None
        turn.taken_bytes += len(value)
        if once and taken_before(Incoming(topic, record), table, turn.settings.partitions):
            continue
        document = reading.document
        member_id = document.member_id
        if member_id is None:
            apply_to_nobody(turn, topic, record, reading)
            continue
        member = touched.get(member_id)
        if member is not None:
            before: bytes | None = encode_member(member)
        elif (before := members.get(member_id)) is not None:
            member = table.touch(member_id, before)
        else:
            if _is_elsewhere(turn, topic, record, reading, member_id):
                continue
            # Where nobody was deleted, nobody need be asked about.
            if table.deleted and not led and _is_not_his(turn, topic, record, reading, member_id, None):
                continue
        if member is not None and member.bought < 0 and not led and _is_not_his(turn, topic, record, reading, member_id, member):
            continue
        if record.timestamp_ms > clock.now_ms:
            clock.appended(record.timestamp_ms)
        now_ms, orders_mark, fired = clock.now_ms, len(entries), None
        # What was given up by now stands in nobody's way.
        if member is not None and (member.due != NEVER_MS or now_ms >= turn.everybody_from_ms) and has_due(turn, member):
            member = fire_due(turn, member_id, member)
            before, orders_mark = table.snapshot(member_id), len(entries)
        try:
            if reading.time_ms <= reading.received_ms - late_ms:
                check_late(turn, reading)
            own, business = reading.own_key, reading.business_key
            if own and (may_have(own, business) or reading.business_key_before is not None) and orders.seen(reading):
                # By the definitions that hold now it may be none of its kind any more: that is looked at before whether it is the second.
                check = CHECKS.get(type(document))
                if check is not None:
                    check(turn, reading)
                if member is None or not is_waited_for(turn, document, member_id, member):
                    continue
                come_again(turn, document, member_id, member)
            else:
                if of_documents:
                    clock.accepted(reading.time_ms, reading.received_ms, latest_us(document, reading.time_ms, reading.received_ms))
                    reading.finer_us = clock.finer_us
                    if member is not None and has_due(turn, member):
                        # What is due by the time of a document that moves the clock is, whatever comes of that.
                        fired = None if moves_clock(document) else turn.mark()
                        member = fire_due(turn, member_id, member)
                        before = before if fired is not None else table.snapshot(member_id)
                handlers[type(document)](turn, reading, member_id, member, topic, record)
            if member is not None and member.due != NEVER_MS:
                carry_again(member, turn.rulebook, clock.now_ms)
            if turn.happened or letters or sending:
                turn.put_out()
            elif figures is not None:
                figures.keep_sums()
        except Exception as error:
            turn.put_nothing_out()
            orders.roll_back(orders_mark)
            table.roll_back(member_id, before)
            # While it is the time by which it was judged.
            error = said_first(turn, reading, error)
            if not moves_clock(document):
                clock.refused(now_ms)
            if fired is not None:
                _fire_again(turn, member_id, fired)
            refuse(turn, topic, record, reading, error)
    return count


def _is_not_his(turn: Turn, topic: str, record: Record, accepted: Accepted, member_id: str, member: Member | None) -> bool:
    """Whether a document is not to be applied to the member here, as he was deleted or has other ids; then it was seen to (spec 1.7)."""
    if turn.table.was_deleted(member_id, member):
        apply_to_deleted(turn, topic, record, accepted)
        return True
    return member is not None and _lead_on(turn, topic, record, accepted, member_id, member)


def _lead_on(turn: Turn, topic: str, record: Record, accepted: Accepted, member_id: str, member: Member) -> bool:
    """Whether a document is on its way to another id of its member, or has failed on it. Raises TooManyErrors."""
    orders_mark = len(turn.orders.entries)
    try:
        return lead_on(turn, topic, record, accepted, member_id, member)
    except Exception as error:
        undo(turn, topic, record, accepted, error, orders_mark)
        return True


def take_led(turn: Turn, led: Led, timestamp_ms: int) -> None:
    """A document that was led here from another id of its member (spec 1.7): it goes on, or is applied as his. Raises TooManyErrors."""
    table, settings, member_id = turn.table, turn.settings, led.member_id
    headers: Headers = [(RECEIVED_HEADER, b"%d" % led.received_ms), (SOURCE_HEADER, led.source.encode())]
    record = Record(0, timestamp_ms, member_id.encode(), led.raw, headers)
    judged_by = judging(settings.limits, turn.rulebook, turn.clock.of_documents)
    (reading,) = read(REKEYED, table.partition, [record], settings, judged_by, table.head.seed)
    if not isinstance(reading, Accepted):
        refuse_unread(turn, REKEYED, record, reading)
        return
    document = reading.document
    document.member_id = member_id
    accepted = accept(document, reading.received_ms, judged_by, table.head.seed)
    member = table.member(member_id)
    if table.was_deleted(member_id, member):
        apply_to_deleted(turn, REKEYED, record, accepted)
        return
    orders, orders_mark = turn.orders, len(turn.orders.entries)
    try:
        if member is not None and member.bought < 0 and next_id(turn, member, led.asked):
            turn.clock.appended(timestamp_ms)
            go_on(turn, accepted, member, led)
            turn.put_out()
            return
    except Exception as error:
        undo(turn, REKEYED, record, accepted, error, orders_mark)
        return
    turn.orders = found_orders(turn, member, led.found)
    try:
        apply_all(turn, REKEYED, (record,), (accepted,), led=True)
    finally:
        turn.orders = orders


def _is_elsewhere(turn: Turn, topic: str, record: Record, accepted: Accepted, member_id: str) -> bool:
    """Whether a member who is not known here belongs to another partition, for which the document is then written again."""
    partition, here = partition_of(member_id, turn.settings.partitions), turn.table.partition
    if partition == here:
        return False
    count_rekeyed(topic)
    turn.rekeyed.append(rekeyed(Incoming(topic, record), here, partition, member_id, accepted.received_ms))
    return True


def _fire_again(turn: Turn, member_id: str, fired: TurnMark) -> None:
    """What was due by the time of a document that does not count may not be due. `fired`: before that was fired."""
    turn.roll_back(fired)
    member = turn.table.member(member_id)
    if member is not None and has_due(turn, member):
        fire_due(turn, member_id, member)
