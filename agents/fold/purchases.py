"""An order that has come (spec 1.1)."""

from __future__ import annotations

from collections.abc import Sequence

from agents.fold.held import waiting_for
from agents.fold.refunds import apply_held
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.baskets import weighed_pieces
from rules.documents.kind import Document
from rules.documents.purchase import Purchase
from rules.figures.figuring import Figuring
from rules.figures.first_counted import Before, as_before
from rules.spending.exchange import give_back
from rules.spending.purchase import apply_purchase
from rules.state import NEVER_MS, Member
from rules.times import epoch_us
from streams.feeds.receipt_ids import receipt_id
from tables.layout import encode_parts, parts_with


def take(turn: Turn, accepted: Accepted, member_id: str, member: Member | None, topic: str, record: Record) -> None:
    """Applies it, and the refunds that waited for it. Raises Refused."""
    order: Purchase = accepted.document
    new, now_ms, figures = False, turn.clock.now_ms, turn.figures
    if member is None or not member.registered:
        member, new = turn.registered(member, accepted.time_ms, order.placed_at)
    used: Sequence[int] = ()
    before: Before | None = None
    if figures is not None:
        before = None if new else as_before(member, turn.rulebook)
        if order.coupons:
            used = _used(turn, figures, member, accepted, order)
    programs, activities, left_out, terms = apply_purchase(
        member, accepted, now_ms, turn.rulebook, turn.grant_limits, turn.happened
    )
    if figures is not None:
        figures.bought(member, before, accepted, now_ms, activities, turn.rulebook)
    weighed: dict[str, int] | None = None
    if order.mixed:
        weighed = weighed_pieces(order.lines)
        give_back(member, accepted, now_ms, turn.rulebook, turn.happened, figures)
    if new:
        turn.keep_new(member_id, member, order.placed_at, by_order=True)
    parts: tuple[object, ...] = (order.currency, accepted.items, programs, activities, left_out, 0)
    if used or weighed or terms:
        parts = parts_with(parts, weighed, terms, used)
    turn.orders.keep(accepted.own_key, accepted.business_key, encode_parts(accepted.content, now_ms, parts))
    if member.due != NEVER_MS and member.held:
        apply_held(turn, _ids_of(order), member_id, member)


def _used(turn: Turn, figures: Figuring, member: Member, accepted: Accepted, order: Purchase) -> Sequence[int]:
    """The activities of which it used a coupon (spec 2.7)."""
    if order.imported:
        return ()
    return figures.used(member, order, epoch_us(order.placed_at), accepted.amount, turn.rulebook)


def is_waited_for(turn: Turn, document: Document, member_id: str, member: Member) -> bool:
    """Whether it is an order for which refunds of its member wait."""
    return isinstance(document, Purchase) and bool(waiting_for(turn, _ids_of(document), member_id, member))


def come_again(turn: Turn, document: Document, member_id: str, member: Member) -> None:
    """An order that was dropped as the second: what waited for it means the one that stands (spec 1.4)."""
    assert isinstance(document, Purchase)
    apply_held(turn, _ids_of(document), member_id, member)


def _ids_of(order: Purchase) -> Sequence[str]:
    """By what refunds may wait for it: its own id, and that of the receipt that a till numbered it as (spec 1.3)."""
    terminal_id, receipt_no, business_date = order.terminal_id, order.receipt_no, order.business_date
    if order.channel != "pos" or terminal_id is None or receipt_no is None or business_date is None:
        return (order.order_id,)
    return order.order_id, receipt_id(order.store_id, str(terminal_id), str(business_date), str(receipt_no))
