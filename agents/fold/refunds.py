"""Refunds: applied to their order, held until it comes, or given up (spec 1.2)."""

from __future__ import annotations

from agents.fold.hand import Hand, Refused
from agents.fold.incoming import Incoming, feed_of, source_of
from rules.documents.accepted import Accepted
from rules.documents.kinds import keys_of
from rules.documents.refund import Refund
from rules.spending.refund import refund_order, refund_without_order
from rules.state import HeldRefund, Member, OrderRecord
from rules.times import at_utc
from sinks.topics.events import encode_dead_letter
from streams.decode import Limits, decode
from streams.topics import DEAD_LETTERS

_NO_LIMITS = Limits(2**63, 2**63)


class Refunds:
    """The refunds of one turn."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._orders = hand.orders
        self._table = hand.table

    def apply(self, accepted: Accepted, member_id: str, member: Member | None, incoming: Incoming) -> None:
        """A refund that has just come. Raises Refused, Conflict."""
        refund = accepted.document
        assert isinstance(refund, Refund)
        hand = self._hand
        if self._orders.seen(accepted.own_key, accepted.business_key, accepted.content):
            return
        record = None if refund.order_id is None else self._orders.order(member_id, refund.order_id)
        if refund.order_id is not None and record is None:
            self._hold(refund, refund.order_id, member_id, member, accepted.received_ms, incoming)
        else:
            member, new = hand.registered(member, accepted.time_ms)
            if record is not None:
                self._apply_to_order(refund, member_id, member, record, accepted.received_ms)
            else:
                refund_without_order(member, accepted, self._table.clock_ms, hand.rulebook, hand.happened)
            if new:
                hand.keep_new(member_id, member, refund.refunded_at)
        self._orders.keep_refund(accepted.own_key, accepted.business_key, accepted.content)

    def apply_held(self, order_id: str, member_id: str, member: Member) -> int:
        """Applies the refunds that waited for this order, right after it, in the order in which they came; the bytes of dead letters."""
        waiting = [held for held in member.held if held.order_id == order_id]
        size = 0
        member.keep_held([held for held in member.held if held.order_id != order_id])
        for held in waiting:
            refund = _held_document(held)
            try:
                kept = self._orders.order(member_id, order_id)
                assert kept is not None
                self._apply_to_order(refund, member_id, member, kept, held.received_ms)
            except Refused as refused:
                size += self._drop_held(member_id, refund, held, refused.reason, str(refused))
        return size

    def expire_held(self, member_id: str, member: Member, now_ms: int) -> int:
        """Gives up on the refunds whose order did not come in time; the bytes of their dead letters."""
        size = 0
        expired = [held for held in member.held if held.due_ms <= now_ms]
        member.keep_held([held for held in member.held if held.due_ms > now_ms])
        for held in expired:
            refund = _held_document(held)
            size += self._drop_held(member_id, refund, held, "unknown_order", f"order {held.order_id} did not come")
        return size

    def _apply_to_order(self, refund: Refund, member_id: str, member: Member, record: OrderRecord, received_ms: int) -> None:
        """Applies a refund to its order. Raises Refused."""
        order_id = refund.order_id
        assert order_id is not None
        if received_ms - record.came_ms > self._hand.settings.refund_ms:
            raise Refused("unknown_order", f"order {order_id} came {at_utc(record.came_ms)}, too long ago for a refund")
        if refund.currency != record.currency:
            raise Refused("invalid", f"currency: the refund is in {refund.currency}, its order in {record.currency}")
        hand = self._hand
        amended = refund_order(member, refund, record, self._table.clock_ms, hand.rulebook, hand.happened)
        self._orders.amend(member_id, order_id, amended)

    def _hold(
        self, refund: Refund, order_id: str, member_id: str, member: Member | None, received_ms: int, incoming: Incoming
    ) -> None:
        """Keeps a refund that came before its order, for late_days after it was received. Raises Refused."""
        table = self._table
        due_ms = received_ms + self._hand.settings.late_ms + 1
        if due_ms <= table.clock_ms:
            raise Refused("unknown_order", f"order {order_id} did not come")
        raw = incoming.record.value or b""
        held_bytes = len(raw) + (0 if member is None else sum(len(held.raw) for held in member.held))
        if held_bytes > self._hand.settings.held_bytes:
            detail = f"with this one, {held_bytes} bytes of refunds of the member would wait for their orders, more than allowed"
            raise Refused("too_large", f"{detail}: send it again once order {order_id} has come")
        if member is None:
            member = table.touched[member_id] = Member(registered=False)
        source = source_of(incoming, table.partition)
        member.hold(HeldRefund(refund.refund_id, order_id, due_ms, received_ms, raw, source))

    def _drop_held(self, member_id: str, refund: Refund, held: HeldRefund, reason: str, detail: str) -> int:
        keys = keys_of(refund, self._table.head.seed)
        assert keys is not None
        self._orders.forget_refund(*keys)
        value = encode_dead_letter(reason, detail, held.source, held.received_ms, member_id.encode(), held.raw)
        self._hand.outputs.put(DEAD_LETTERS, held.source, member_id, value)
        return len(value)


def _held_document(held: HeldRefund) -> Refund:
    """The refund that is held: it was accepted when it came, whatever the limits are now."""
    refund = decode(feed_of(held.source), held.raw, _NO_LIMITS)
    assert isinstance(refund, Refund)
    return refund
