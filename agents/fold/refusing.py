"""Documents that are not taken, and why (spec 1.5, 1.6): each becomes a dead letter, and the flow goes on."""

from __future__ import annotations

from typing import Final

import structlog

from agents.fold.handlers import CHECKS
from agents.fold.incoming import INTERNAL_ERROR, Incoming, dead_letter, detail_of
from agents.fold.reading import Unreadable
from agents.metrics import PASSED_OVER
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.kinds import KINDS, is_late
from rules.refused import Refused
from rules.times import DAY_MS, at_utc
from streams.feeds.feed import PassedOver

_log: Final = structlog.get_logger()


def check_late(turn: Turn, accepted: Accepted) -> None:
    """A document placed too long before it was received: only imported orders are taken. Raises Refused (spec 1.1, 1.5)."""
    document, late_ms = accepted.document, turn.settings.late_ms
    if not is_late(document, accepted.time_ms, accepted.received_ms, late_ms, turn.clock.finer_us):
        return
    received = f"it was received ({at_utc(accepted.received_ms)})"
    problem = f"expected a time at most {late_ms // DAY_MS} days before {received}; got {at_utc(accepted.time_ms)}"
    raise Refused("late", problem, f"/{KINDS[type(document)].time_field}")


def refuse(turn: Turn, topic: str, record: Record, accepted: Accepted, error: Exception) -> None:
    """The dead letter of a document that is refused, or on which a rule threw. Raises TooManyErrors."""
    assert record.value is not None
    if isinstance(error, Refused):
        reason, detail = error.reason, detail_of(error, record.value)
    else:
        _log.error("rule_threw", topic=topic, partition=turn.table.partition, offset=record.offset, exc_info=error)
        reason, detail = INTERNAL_ERROR, repr(error)
        turn.failed(error)
    _bury(turn, Incoming(topic, record), accepted.received_ms, reason, detail)


def undo(turn: Turn, topic: str, record: Record, accepted: Accepted, error: Exception, orders_mark: int) -> None:
    """A document of which nothing was kept but orders is as if it had not come, and refused. Raises TooManyErrors."""
    turn.put_nothing_out()
    turn.orders.roll_back(orders_mark)
    refuse(turn, topic, record, accepted, said_first(turn, accepted, error))


def said_first(turn: Turn, accepted: Accepted, error: Exception) -> Exception:
    """Why a document is refused: where it is invalid by the definitions, that is said first (spec 1.6)."""
    check = CHECKS.get(type(accepted.document))
    if check is not None and isinstance(error, Refused):
        try:
            check(turn, accepted)
        except Refused as refused:
            return refused
    return error


def refuse_unread(turn: Turn, topic: str, record: Record, reading: Exception) -> None:
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
