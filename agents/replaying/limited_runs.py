"""Runs whose grants a keeper limits, in a replay: in the order of their starts, and each in that of the members' ids (spec 2.10).

Others may be made of each member when he is next touched: what comes of them hangs on him alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agents.fold.handlers import HANDLERS, OF_NOBODY
from agents.fold.reading import Reading
from agents.turns.due import fire_due
from agents.turns.run_pass import may_concern
from agents.turns.turn import Turn
from broker.wire.records import Record
from rules.clock import DocumentsClock
from rules.documents.accepted import Accepted
from rules.documents.kinds import is_late, latest_us, moves_clock, needs_member
from rules.documents.member import MemberDocument
from rules.refused import Refused
from rules.rulebook.rulebook import Rulebook
from rules.state import NEVER_MS
from tables.partition import PartitionTable

# What a line that is tried came as.
_TRIED = Record(0, 0, None, b"", [])


def moves_clock_to(turn: Turn, reading: Reading) -> int:
    """The time (epoch ms) that a line brings the clock to, where it is applied; 0 of one that is refused, a second one, or none."""
    if not isinstance(reading, Accepted):
        return 0
    if is_late(reading.document, reading.time_ms, reading.received_ms, turn.settings.late_ms, turn.clock.finer_us):
        return 0
    try:
        if reading.own_key and turn.orders.seen(reading):
            return 0
    except Refused:
        return 0
    time_ms, clock = max(reading.time_ms, reading.received_ms), turn.clock
    if turn.rulebook.kept_runs.after(max(clock.now_ms, clock.began_ms)).at_ms <= time_ms and _is_refused(turn, reading):
        return 0
    return time_ms


def _is_refused(turn: Turn, accepted: Accepted) -> bool:
    """Whether a line is refused when it is applied, so that it moves no clock: that is tried, and undone (spec 1.5)."""
    document, table, orders, clock = accepted.document, turn.table, turn.orders, turn.clock
    if moves_clock(document) or isinstance(document, MemberDocument):
        return False
    member_id = document.member_id
    if member_id is None:
        return needs_member(document)
    member, before = table.take(member_id)
    if table.was_deleted(member_id, member):
        return needs_member(document) or type(document) in OF_NOBODY
    if member is not None and member.bought < 0:
        # He has other ids, and it is led from one to the other.
        return False
    orders_mark, now_ms = len(orders.entries), clock.now_ms
    clock.accepted(accepted.time_ms, accepted.received_ms, latest_us(document, accepted.time_ms, accepted.received_ms))
    try:
        HANDLERS[type(document)](turn, accepted, member_id, member, "", _TRIED)
    except Exception:
        return True
    finally:
        turn.put_nothing_out()
        orders.roll_back(orders_mark)
        table.roll_back(member_id, before)
        clock.refused(now_ms)
    return False


def run_limited(
    clock: DocumentsClock,
    rulebook: Rulebook,
    after_ms: int,
    until_ms: int,
    tables: Sequence[PartitionTable],
    turn_of: Callable[[int], Turn | None],
) -> bool:
    """Makes those that start after one time, until another (epoch ms). `turn_of`: by partition, the turn that is open; None: it is full,
    and what is left is made when this is called again. Whether all are made. Raises TooManyErrors.
    """
    if clock.began_ms == NEVER_MS or not rulebook.kept_runs:
        return True
    now_ms = clock.now_ms
    due = rulebook.kept_runs.after(max(after_ms, clock.began_ms))
    while due.at_ms <= until_ms:
        clock.now_ms = due.at_ms
        everybody = sorted(
            (member_id, place) for place, table in enumerate(tables) for member_id in (table.members | table.touched)
        )
        for member_id, place in everybody:
            turn = turn_of(place)
            if turn is None:
                clock.now_ms = now_ms
                return False
            if may_concern(turn, member_id):
                member = turn.table.member(member_id)
                assert member is not None
                fire_due(turn, member_id, member)
        due = rulebook.kept_runs.after(due.at_ms)
    clock.now_ms = now_ms
    return True
