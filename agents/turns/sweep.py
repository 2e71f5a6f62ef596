"""The sweep: what is due of members to whom nothing comes, some in every turn, between which orders go on."""

from __future__ import annotations

from agents.turns.due import fire_due
from agents.turns.due_together import fire_together
from agents.turns.together import TOGETHER
from agents.turns.turn import Turn


def sweep(turn: Turn, most: int) -> None:
    """Fires what is due by the clock: of at most `most` members, until the turn is full. Raises TooManyErrors."""
    timers, now_ms = turn.table.timers, turn.clock.now_ms
    if turn.clock.of_documents:
        _one_by_one(turn, most)
        return
    # Who was given out and not seen to is given out again in the next turn.
    while most > 0 and not turn.full() and (member_ids := timers.due_together(now_ms, min(most, TOGETHER))):
        most -= len(member_ids)
        fire_together(turn, member_ids)


def _one_by_one(turn: Turn, most: int) -> None:
    """In a replay the order of documents is all that is known of time: it is the same wherever turns end."""
    table, now_ms = turn.table, turn.clock.now_ms
    for _ in range(most):
        member_id = None if turn.full() else table.timers.due(now_ms)
        if member_id is None:
            return
        member, taken = table.take(member_id)
        assert member is not None
        fire_due(turn, member_id, member, taken)
