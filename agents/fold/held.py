"""What takes back from an order, or from points, that has not come yet: held, applied right after it, or given up (spec 1.2, 1.10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from agents.fold.incoming import INTERNAL_ERROR, Incoming, count_refused, detail_of, feed_of, source_of
from agents.turns.turn import Turn
from broker.wire.records import Output
from rules.documents.content import points_key, refund_key
from rules.documents.kinds import keys_of
from rules.documents.points import Points
from rules.documents.refund import Refund
from rules.refused import Refused
from rules.state import NEVER_MS, HeldRefund, Member
from sinks.topics.events import encode_dead_letter
from streams.decode import ANY_ZONE, NO_LIMITS, decode_strictly, look_again
from streams.topics import DEAD_LETTERS
from tables.member.put_by import due_by, that_are_held, that_wait_for

_log = structlog.get_logger()

Holdable = Refund | Points


class _Read(NamedTuple):
    """What is held, and whether its fields are called as they were sent."""

    document: Holdable
    as_sent: bool


def hold(turn: Turn, document: Holdable, member_id: str, member: Member | None, received_ms: int, incoming: Incoming) -> None:
    """Keeps it for late_days after it was received. Raises Refused."""
    table = turn.table
    own_id, waits_for, of_points = _ids_of(document)
    due_ms = received_ms + turn.settings.late_ms + 1
    if due_ms <= turn.clock.now_ms:
        raise _did_not_come(waits_for, of_points)
    raw = incoming.record.value or b""
    held_bytes = len(raw) + (0 if member is None else sum([held.size_bytes for held in member.held]))
    if held_bytes > turn.settings.held_bytes:
        detail = f"with this one, {held_bytes} bytes of refunds of the member would wait for their orders, more than allowed"
        raise Refused("too_large", f"{detail}: send it again once {waits_for} has come")
    if member is None:
        member = table.touched[member_id] = Member(registered=False)
    source = source_of(incoming, table.partition)
    member.hold(HeldRefund(own_id, waits_for, due_ms, received_ms, raw, source, of_points))


def apply_held(
    turn: Turn, ids: Sequence[str], of_points: bool, apply: Callable[[Holdable, int], None], member_id: str, member: Member
) -> None:
    """Applies what waited for what has these ids, right after it, in the order in which it came. `apply(document, received_ms)`: does so
    with one; raises Refused.
    """
    waiting = [held for held in waiting_for(turn, ids, member_id, member) if held.of_points == of_points]
    if not waiting:
        return
    member.keep_held([held for held in member.held if held not in waiting])
    for held in waiting:
        read = _reread(turn, member_id, held)
        if read is None:
            continue
        try:
            apply(read.document, held.received_ms)
        except Refused as refused:
            _drop_held(turn, member_id, read, held, refused)


def waiting_for(turn: Turn, ids: Sequence[str], member_id: str, member: Member) -> list[HeldRefund]:
    """What waits for an order, or points, with one of these ids, in the order in which it came."""
    if not member.held:
        return []
    turn.table.bring_back(member_id, member, that_wait_for(ids))
    return [held for held in member.held if held.order_id in ids]


def expire_held(turn: Turn, member_id: str, member: Member, due_ms: int) -> None:
    """Gives up on what waits for an order that did not come in time."""
    turn.table.bring_back(member_id, member, due_by(due_ms))
    expired = [held for held in member.held if held.due_ms <= due_ms]
    member.keep_held([held for held in member.held if held.due_ms > due_ms])
    for held in expired:
        read = _reread(turn, member_id, held)
        if read is not None:
            _drop_held(turn, member_id, read, held, _did_not_come(held.order_id, held.of_points))


def take_held(turn: Turn, member_id: str, member: Member) -> Sequence[HeldRefund]:
    """Takes out all that waits, as if it had not come: it comes again."""
    turn.table.bring_back(member_id, member, that_are_held)
    held = list(member.held)
    if held:
        member.keep_held([])
    taken: list[HeldRefund] = []
    for each in held:
        read = _reread(turn, member_id, each)
        if read is not None:
            _forget(turn, read.document)
            taken.append(each)
    return taken


def give_up_held(turn: Turn, member_id: str, member: Member) -> None:
    """Gives up on all that waits: its member is nobody any more."""
    expire_held(turn, member_id, member, NEVER_MS)


def _ids_of(document: Holdable) -> tuple[str, str, bool]:
    """Its own id, what it waits for, and whether that is points."""
    if isinstance(document, Points):
        assert document.takes_back is not None
        return document.points_id, document.takes_back, True
    assert document.order_id is not None
    return document.refund_id, document.order_id, False


def _drop_held(turn: Turn, member_id: str, read: _Read, held: HeldRefund, refused: Refused) -> None:
    _forget(turn, read.document)
    _bury_held(turn, member_id, held, refused.reason, str(refused) if read.as_sent else detail_of(refused, held.raw))


def _forget(turn: Turn, document: Holdable) -> None:
    keys = keys_of(document, turn.table.head.seed)
    assert keys is not None
    turn.orders.forget_seen(*keys)


def _bury_held(turn: Turn, member_id: str, held: HeldRefund, reason: str, detail: str) -> None:
    count_refused(held.source, reason)
    value = encode_dead_letter(reason, detail, held.source, held.received_ms, member_id.encode(), held.raw)
    turn.letters.append(Output(DEAD_LETTERS, held.source, member_id, value))


def _did_not_come(waits_for: str, of_points: bool) -> Refused:
    if of_points:
        problem = f"expected points that come before what takes them back is late; {waits_for} did not come"
        return Refused("unknown_order", problem, "/takes_back")
    return Refused(
        "unknown_order", f"expected an order that comes before the refund is late; {waits_for} did not come", "/order_id"
    )


def _reread(turn: Turn, member_id: str, held: HeldRefund) -> _Read | None:
    """What is held: it was accepted when it came, whatever the limits are now. None where it cannot be read any more, which is a bug of
    ours: then it is a dead letter, and may be sent again under its own id. Raises TooManyErrors.
    """
    expected = Points if held.of_points else Refund
    try:
        document = decode_strictly(held.raw, NO_LIMITS)
        as_sent = document is not None
        if document is None:
            # Where the zone is no setting any more, it was one when it was taken.
            document = look_again(held.raw, turn.settings.zones.get(feed_of(held.source), ANY_ZONE)).document
        if not isinstance(document, expected):
            raise TypeError(f"what is held as a {expected.__name__} is read as a {type(document).__name__}")
        # It may have come for another id of his.
        document.member_id = member_id
    except Exception as error:
        _log.exception("held_refund_is_not_read", partition=turn.table.partition, source=held.source)
        key = (points_key if held.of_points else refund_key)(member_id, held.refund_id, turn.table.head.seed)
        turn.orders.forget_seen(key, None)
        _bury_held(turn, member_id, held, INTERNAL_ERROR, f"a refund that was held cannot be read any more: {error!r}")
        turn.failed(error)
        return None
    return _Read(document, as_sent)
