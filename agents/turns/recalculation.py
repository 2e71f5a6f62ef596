"""Judging everybody by programs that were changed, some in every turn, between which orders go on (spec 3.6).

Whoever is touched meanwhile is judged before his document is applied (agents/turns/due.py); here are those whom nothing touches.
"""

from __future__ import annotations

from agents.turns.due_together import fire_together
from agents.turns.together import TOGETHER
from agents.turns.turn import Turn
from rules.levels.standing import would_change
from rules.rulebook.program_changes import Judged


class Recalculation:
    """Of one partition. A worker that dies in the middle begins again, which changes nothing for those who were done."""

    def __init__(self) -> None:
        # Up to where programs have changed that members are being judged by, and who is left.
        self._changed = Judged()
        self._left: list[str] = []

    def due(self, turn: Turn) -> bool:
        """Whether somebody may not yet have been judged by a program that holds now."""
        return turn.clock.now_ms >= turn.judge_from_ms

    def step(self, turn: Turn, most: int) -> None:
        """Judges at most `most` of those that are left, until the turn is full. Raises TooManyErrors."""
        table, rulebook, now_ms = turn.table, turn.rulebook, turn.clock.now_ms
        changed = rulebook.program_changes.until(now_ms)
        if self._changed != changed:
            self._changed, self._left = changed, list(table.members)
        while self._left and most > 0 and not turn.full():
            some = self._left[: -min(TOGETHER, most) - 1 : -1]
            del self._left[-len(some) :]
            most -= len(some)
            # Who is gone meanwhile needs no judging.
            known = [member_id for member_id in some if member_id in table.members]
            self._left += fire_together(turn, known, lambda member: would_change(member, rulebook, now_ms))[::-1]
        if not self._left:
            table.judged = changed
