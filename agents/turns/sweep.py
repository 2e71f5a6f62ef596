"""The sweep: what is due of members to whom nothing comes, some in every turn, between which orders go on."""

from __future__ import annotations

from agents.turns.due import fire_due
from agents.turns.turn import Turn


def sweep(turn: Turn, most: int) -> None:
    """Fires what is due by the clock, member by member: of at most `most`, until the turn is full. Raises TooManyErrors."""
    table, now_ms = turn.table, turn.clock.now_ms
    for _ in range(most):
        member_id = None if turn.full() else table.timers.due(now_ms)
        if member_id is None:
            return
        member, taken = table.take(member_id)
        assert member is not None
        fire_due(turn, member_id, member, taken)
