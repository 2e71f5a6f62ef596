"""Refunds: applied to their order, or held until it comes (spec 1.2)."""

from __future__ import annotations

from collections.abc import Sequence

from agents.fold import held
from agents.fold.incoming import Incoming
from agents.fold.orders import Kept
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.refund import Refund
from rules.order_record import OrderRecord
from rules.refused import Refused
from rules.spending.refund import refund_order, refund_without_order
from rules.state import Member
from rules.times import DAY_MS, at_utc


def take(turn: Turn, accepted: Accepted, member_id: str, member: Member | None, topic: str, record: Record) -> None:
    """A refund that has just come. Raises Refused."""
    refund = accepted.document
    assert isinstance(refund, Refund)
    kept = None if refund.order_id is None else turn.orders.order(member_id, refund.order_id)
    if refund.order_id is not None and kept is None:
        held.hold(turn, refund, member_id, member, accepted.received_ms, Incoming(topic, record))
    else:
        member, new = turn.registered(member, accepted.time_ms, refund.refunded_at)
        if kept is not None:
            _apply_to_order(turn, refund, member, kept, accepted.received_ms)
        else:
            refund_without_order(member, accepted, turn.clock.now_ms, turn.rulebook, turn.happened, turn.figures)
        if new:
            turn.keep_new(member_id, member, refund.refunded_at)
    turn.orders.keep(accepted.own_key, accepted.business_key, accepted.content)


def apply_held(turn: Turn, ids: Sequence[str], member_id: str, member: Member) -> None:
    """Applies the refunds that waited for the order that has these ids."""

    def apply(refund: held.Holdable, received_ms: int) -> None:
        kept = turn.orders.order(member_id, ids[0])
        assert kept is not None and isinstance(refund, Refund)
        _apply_to_order(turn, refund, member, kept, received_ms)

    held.apply_held(turn, ids, False, apply, member_id, member)


def check_age(turn: Turn, record: OrderRecord, received_ms: int, called: str | None, field: str) -> None:
    """Raises Refused where what is taken back from came longer than refund_days ago."""
    if received_ms - record.came_ms > turn.settings.refund_ms:
        days = turn.settings.refund_ms // DAY_MS
        problem = f"expected what came at most {days} days ago; {called} came {at_utc(record.came_ms)}"
        raise Refused("unknown_order", problem, field)


def _apply_to_order(turn: Turn, refund: Refund, member: Member, kept: Kept, received_ms: int) -> None:
    """Applies a refund to its order. Raises Refused."""
    record = kept.record
    check_age(turn, record, received_ms, refund.order_id, "/order_id")
    if refund.currency != record.currency:
        raise Refused("invalid", f"expected {record.currency}, as its order is in; got {refund.currency!r}", "/currency")
    amended = refund_order(member, refund, record, turn.clock.now_ms, turn.rulebook, turn.happened, turn.figures)
    turn.orders.amend(kept.key, amended)
