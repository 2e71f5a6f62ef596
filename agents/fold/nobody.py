"""Documents of no member, or of one who was deleted: they count in the live figures alone (spec 1.1, 1.7, 4.6)."""

from __future__ import annotations

from agents.fold.handlers import OF_NOBODY
from agents.fold.refusing import check_late, refuse, said_first, undo
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.baskets import given_back
from rules.documents.kinds import latest_us, moves_clock, needs_member
from rules.documents.purchase import MixedPurchase, Purchase
from rules.documents.refund import Refund
from rules.figures.figuring import Figuring
from rules.refused import Refused


def apply_to_nobody(turn: Turn, topic: str, record: Record, accepted: Accepted) -> None:
    """A document of no member: it moves a replay's clock, and counts in the live figures alone. Raises TooManyErrors."""
    clock = turn.clock
    clock.appended(record.timestamp_ms)
    before_ms = clock.now_ms
    try:
        if accepted.time_ms <= accepted.received_ms - turn.settings.late_ms:
            check_late(turn, accepted)
        if needs_member(accepted.document):
            raise Refused("no_member", "expected the member of the order that the refund names; it is missing", "/member_id")
        if clock.of_documents:
            finer_us = latest_us(accepted.document, accepted.time_ms, accepted.received_ms)
            clock.accepted(accepted.time_ms, accepted.received_ms, finer_us)
        reason = OF_NOBODY.get(type(accepted.document))
        if reason is not None:
            raise Refused(reason(turn, accepted), "expected a member whom there is; he was deleted", "/member_id")
        if turn.figures is not None:
            _figure(turn, turn.figures, accepted)
    except Exception as error:
        turn.put_nothing_out()
        error = said_first(turn, accepted, error)
        if not moves_clock(accepted.document):
            clock.refused(before_ms)
        refuse(turn, topic, record, accepted, error)


def apply_to_deleted(turn: Turn, topic: str, record: Record, accepted: Accepted) -> None:
    """A document of a member who was deleted counts as one of nobody; what only a member can send is refused (spec 1.7). What was taken of
    him before is known still. Raises TooManyErrors.
    """
    document, orders_mark = accepted.document, len(turn.orders.entries)
    try:
        if accepted.time_ms <= accepted.received_ms - turn.settings.late_ms:
            check_late(turn, accepted)
        if accepted.own_key and turn.orders.seen(accepted):
            return
    except Exception as error:
        undo(turn, topic, record, accepted, error, orders_mark)
        return
    if isinstance(document, (Purchase, Refund)):
        document.member_id = None
    apply_to_nobody(turn, topic, record, accepted)


def _figure(turn: Turn, figures: Figuring, reading: Accepted) -> None:
    """A sale to nobody who is known counts in the live figures, and nowhere else (spec 1.1, 4.6)."""
    document = reading.document
    if isinstance(document, Purchase):
        figures.sold(reading)
        _, given = given_back(document.lines) if isinstance(document, MixedPurchase) else ([], 0)
        if given:
            figures.given_back(document.store_id, document.channel, document.currency, reading.time_ms, given)
    elif isinstance(document, Refund):
        figures.given_back(document.store_id, document.channel, document.currency, reading.time_ms, reading.amount)
    turn.put_out()
