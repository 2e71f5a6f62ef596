"""Refunds: applied to their order, held until it comes, or given up (spec 1.2)."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from agents.fold.incoming import INTERNAL_ERROR, Incoming, count_refused, detail_of, feed_of, source_of
from agents.fold.orders import Kept
from agents.turns.turn import Turn
from broker.wire.records import Output, Record
from rules.documents.accepted import Accepted
from rules.documents.content import refund_key
from rules.documents.kinds import keys_of
from rules.documents.refund import Refund
from rules.refused import Refused
from rules.spending.refund import refund_order, refund_without_order
from rules.state import HeldRefund, Member
from rules.times import DAY_MS, at_utc
from sinks.topics.events import encode_dead_letter
from streams.decode import ANY_ZONE, NO_LIMITS, decode
from streams.topics import DEAD_LETTERS

_log = structlog.get_logger()


def take(turn: Turn, accepted: Accepted, member_id: str, member: Member | None, topic: str, record: Record) -> None:
    """A refund that has just come. Raises Refused."""
    refund = accepted.document
    assert isinstance(refund, Refund)
    kept = None if refund.order_id is None else turn.orders.order(member_id, refund.order_id)
    if refund.order_id is not None and kept is None:
        _hold(turn, refund, refund.order_id, member_id, member, accepted.received_ms, Incoming(topic, record))
    else:
        member, new = turn.registered(member, accepted.time_ms)
        if kept is not None:
            _apply_to_order(turn, refund, member_id, member, kept, accepted.received_ms)
        else:
            refund_without_order(member, accepted, turn.clock.now_ms, turn.rulebook, turn.happened)
        if new:
            turn.keep_new(member_id, member, refund.refunded_at)
    turn.orders.keep_refund(accepted.own_key, accepted.business_key, accepted.content)


def apply_held(turn: Turn, ids: Sequence[str], member_id: str, member: Member) -> None:
    """Applies the refunds that waited for the order that has these ids, right after it, in the order in which they came."""
    waiting = [held for held in member.held if held.order_id in ids]
    member.keep_held([held for held in member.held if held.order_id not in ids])
    for held in waiting:
        refund = _held_document(turn, member_id, held)
        if refund is None:
            continue
        try:
            kept = turn.orders.order(member_id, ids[0])
            assert kept is not None
            _apply_to_order(turn, refund, member_id, member, kept, held.received_ms)
        except Refused as refused:
            _drop_held(turn, member_id, refund, held, refused)


def expire_held(turn: Turn, member_id: str, member: Member, due_ms: int) -> None:
    """Gives up on the refunds whose order did not come in time."""
    expired = [held for held in member.held if held.due_ms <= due_ms]
    member.keep_held([held for held in member.held if held.due_ms > due_ms])
    for held in expired:
        refund = _held_document(turn, member_id, held)
        if refund is not None:
            _drop_held(turn, member_id, refund, held, _did_not_come(held.order_id))


def _apply_to_order(turn: Turn, refund: Refund, member_id: str, member: Member, kept: Kept, received_ms: int) -> None:
    """Applies a refund to its order. Raises Refused."""
    order_id, record = refund.order_id, kept.record
    if received_ms - record.came_ms > turn.settings.refund_ms:
        days = turn.settings.refund_ms // DAY_MS
        problem = f"expected an order that came at most {days} days ago; {order_id} came {at_utc(record.came_ms)}"
        raise Refused("unknown_order", problem, "/order_id")
    if refund.currency != record.currency:
        raise Refused("invalid", f"expected {record.currency}, as its order is in; got {refund.currency!r}", "/currency")
    amended = refund_order(member, refund, record, turn.clock.now_ms, turn.rulebook, turn.happened)
    turn.orders.amend(kept.key, amended)


def _hold(
    turn: Turn, refund: Refund, order_id: str, member_id: str, member: Member | None, received_ms: int, incoming: Incoming
) -> None:
    """Keeps a refund that came before its order, for late_days after it was received. Raises Refused."""
    table = turn.table
    due_ms = received_ms + turn.settings.late_ms + 1
    if due_ms <= turn.clock.now_ms:
        raise _did_not_come(order_id)
    raw = incoming.record.value or b""
    held_bytes = len(raw) + (0 if member is None else sum(len(held.raw) for held in member.held))
    if held_bytes > turn.settings.held_bytes:
        detail = f"with this one, {held_bytes} bytes of refunds of the member would wait for their orders, more than allowed"
        raise Refused("too_large", f"{detail}: send it again once order {order_id} has come")
    if member is None:
        member = table.touched[member_id] = Member(registered=False)
    source = source_of(incoming, table.partition)
    member.hold(HeldRefund(refund.refund_id, order_id, due_ms, received_ms, raw, source))


def _drop_held(turn: Turn, member_id: str, refund: Refund, held: HeldRefund, refused: Refused) -> None:
    keys = keys_of(refund, turn.table.head.seed)
    assert keys is not None
    turn.orders.forget_refund(*keys)
    _bury_held(turn, member_id, held, refused.reason, detail_of(refused, held.raw))


def _bury_held(turn: Turn, member_id: str, held: HeldRefund, reason: str, detail: str) -> None:
    count_refused(held.source, reason)
    value = encode_dead_letter(reason, detail, held.source, held.received_ms, member_id.encode(), held.raw)
    turn.letters.append(Output(DEAD_LETTERS, held.source, member_id, value))


def _did_not_come(order_id: str) -> Refused:
    return Refused("unknown_order", f"expected an order that comes before the refund is late; {order_id} did not come", "/order_id")


def _held_document(turn: Turn, member_id: str, held: HeldRefund) -> Refund | None:
    """The refund that is held: it was accepted when it came, whatever the limits are now. None where it cannot be read any more, which is
    a bug of ours: then it is a dead letter, and may be sent again under its own id. Raises TooManyErrors.
    """
    # Where the zone is no setting any more, it was one when the refund was taken.
    zone = turn.settings.zones.get(feed_of(held.source), ANY_ZONE)
    try:
        refund = decode(held.raw, NO_LIMITS, zone)
        if not isinstance(refund, Refund):
            raise TypeError(f"what is held as a refund is read as a {type(refund).__name__}")
    except Exception as error:
        _log.exception("held_refund_is_not_read", partition=turn.table.partition, source=held.source)
        turn.orders.forget_refund(refund_key(member_id, held.refund_id, turn.table.head.seed), None)
        _bury_held(turn, member_id, held, INTERNAL_ERROR, f"a refund that was held cannot be read any more: {error!r}")
        turn.failed(error)
        return None
    return refund
