"""Whether a line is refused when it is applied, so that it moves no clock: that is tried, and undone (spec 1.5)."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy

from agents.fold.handlers import HANDLERS, OF_NOBODY
from agents.fold.leading import found_orders, go_on, next_id
from agents.fold.reading import judging
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.documents.accepted import Accepted
from rules.documents.accepting import accept
from rules.documents.kinds import latest_us, moves_clock, needs_member
from rules.documents.member import MemberDocument
from rules.state import Member
from streams.moved import Found, Led
from streams.routing import partition_of

# By partition, the turn that is open.
TurnOf = Callable[[int], Turn]

# What a line that is tried came as.
_TRIED = Record(0, 0, None, b"", [])


def is_refused(turn: Turn, accepted: Accepted, turn_of: TurnOf) -> bool:
    """Whether what was read is refused, or a second one. `turn`: of its member's partition."""
    document, table = accepted.document, turn.table
    if moves_clock(document) or isinstance(document, MemberDocument):
        return False
    member_id = document.member_id
    if member_id is None:
        return needs_member(document)
    member = table.member(member_id)
    if table.was_deleted(member_id, member):
        return needs_member(document) or type(document) in OF_NOBODY
    if member is not None and member.bought < 0 and next_id(turn, member, ()):
        return _is_refused_where_led(turn, accepted, member_id, member, turn_of)
    return _fails(turn, accepted, member_id)


def _is_refused_where_led(turn: Turn, accepted: Accepted, member_id: str, member: Member | None, turn_of: TurnOf) -> bool:
    """As `agents.fold.leading` does with a document of a member who has several ids: it is asked for under each, and judged under the one
    to which all lead.
    """
    led = Led(member_id, b"", "", accepted.received_ms, [], Found())
    while member is not None and member.bought < 0 and next_id(turn, member, led.asked):
        try:
            go_on(turn, accepted, member, led)
        except Exception:
            return True
        finally:
            turn.put_nothing_out()
        turn = turn_of(partition_of(led.member_id, turn.settings.partitions))
        document = copy(accepted.document)
        document.member_id = led.member_id
        judged_by = judging(turn.settings.limits, turn.rulebook, replayed=True)
        accepted = accept(document, accepted.received_ms, judged_by, turn.table.head.seed)
        member = turn.table.member(led.member_id)
        if turn.table.was_deleted(led.member_id, member):
            return needs_member(document) or type(document) in OF_NOBODY
    orders = turn.orders
    turn.orders = found_orders(turn, member, led.found)
    try:
        return _fails(turn, accepted, led.member_id)
    finally:
        turn.orders = orders


def _fails(turn: Turn, accepted: Accepted, member_id: str) -> bool:
    """Whether it cannot be applied to that member, or was before."""
    document, table, orders, clock = accepted.document, turn.table, turn.orders, turn.clock
    member, before = table.take(member_id)
    orders_mark, now_ms = len(orders.entries), clock.now_ms
    clock.accepted(accepted.time_ms, accepted.received_ms, latest_us(document, accepted.time_ms, accepted.received_ms))
    try:
        if accepted.own_key and orders.seen(accepted):
            return True
        HANDLERS[type(document)](turn, accepted, member_id, member, "", _TRIED)
    except Exception:
        return True
    finally:
        turn.put_nothing_out()
        orders.roll_back(orders_mark)
        table.roll_back(member_id, before)
        clock.refused(now_ms)
    return False
