"""Runs whose grants a keeper limits, in a replay: in the order of their starts, and each in that of the members' ids (spec 2.10).

Others may be made of each member when he is next touched: what comes of them hangs on him alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agents.fold.reading import Reading
from agents.replaying.trying import TurnOf, is_refused
from agents.turns.due import fire_due
from agents.turns.run_pass import may_concern
from agents.turns.turn import Turn
from rules.clock import DocumentsClock
from rules.documents.accepted import Accepted
from rules.documents.kinds import is_late
from rules.refused import Refused
from rules.rulebook.rulebook import Rulebook
from rules.state import NEVER_MS
from tables.partition import PartitionTable


def moves_clock_to(turn: Turn, reading: Reading, turn_of: TurnOf) -> int:
    """The time (epoch ms) that a line brings the clock to, where it is applied; 0 of one that is refused, a second one, or none. `turn`: of
    its member's partition.
    """
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
    if turn.rulebook.kept_runs.after(max(clock.now_ms, clock.began_ms)).at_ms <= time_ms and is_refused(turn, reading, turn_of):
        return 0
    return time_ms


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
