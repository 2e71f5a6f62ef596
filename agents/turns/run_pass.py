"""Runs of bulks made of everybody, some members in every turn, between which orders go on (spec 2.9).

Whoever is touched meanwhile is seen to before his document is applied (agents/turns/due.py); here are those whom nothing touches. A member
of whom nothing comes is not written: a worker that dies in the middle looks at him again, as he was.
"""

from __future__ import annotations

from agents.turns.due import fire_due, run_ms
from agents.turns.run_together import made_of, the_one_due
from agents.turns.together import TOGETHER, reach_together
from agents.turns.turn import Turn
from rules.state import NEVER_MS

# Members that are looked at for each that something may come of: most are in no segment, and are left as they are.
LOOKS = 16


class RunPass:
    """Of one partition."""

    def __init__(self) -> None:
        # Until when runs have started that members are being done with, and who is left; None where no pass is under way.
        self._until_ms = NEVER_MS
        self._left: list[str] | None = None
        # Of a pass that is over: whether it threw on somebody, of whom the runs are not made.
        self._failed = False

    def due(self, turn: Turn) -> bool:
        """Whether somebody may not be done with a run that has started."""
        now_ms = turn.clock.now_ms
        if now_ms < turn.run_from_ms:
            return False
        # On whom a pass threw, it would throw again: the next run is waited for.
        return self._left is not None or not self._failed or turn.rulebook.runs.after(self._until_ms).at_ms <= now_ms

    def step(self, turn: Turn, most: int) -> None:
        """Sees to at most `most` of those that are left, until the turn is full. Raises TooManyErrors."""
        table = turn.table
        if self._left is None:
            # By id, where the order of documents is all that is known of time.
            self._left = sorted(table.members, reverse=True) if turn.clock.of_documents else list(table.members)
            self._until_ms, self._failed = turn.clock.now_ms, False
        left, looks = self._left, most * LOOKS
        distribution = the_one_due(turn)
        # Those that are to be seen to one by one.
        alone: list[str] = []
        while (left or alone) and most > 0 and looks > 0 and not turn.full():
            if alone or distribution is None:
                member_id = alone.pop() if alone else left.pop()
                looks -= 1
                most -= self._see_to(turn, member_id)
                continue
            batch = left[: -min(TOGETHER, most, looks) - 1 : -1]
            looked, reached, others = reach_together(turn, batch, made_of(turn, distribution))
            del left[len(left) - looked :]
            looks -= looked
            most -= reached
            alone = others[::-1]
        left += alone
        if not left:
            self._left = None
            if not self._failed:
                table.ran_ms = self._until_ms

    def _see_to(self, turn: Turn, member_id: str) -> bool:
        """Sees to one member, in a guarded call; whether something came of it. Raises TooManyErrors."""
        if member_id not in turn.table.members or not may_concern(turn, member_id):
            return False
        member, taken = turn.table.take(member_id)
        assert member is not None
        member = fire_due(turn, member_id, member, taken)
        self._failed |= run_ms(turn, member) <= self._until_ms
        return True


def may_concern(turn: Turn, member_id: str) -> bool:
    """Whether something comes of a member by now. Where that cannot even be told, he is seen to in a guarded call that says why."""
    now_ms, runs = turn.clock.now_ms, turn.rulebook.runs
    try:
        member = turn.table.look(member_id)
        if not member.registered:
            return False
        if member.due_ms <= now_ms or now_ms >= turn.judge_from_ms:
            return True
        due = runs.after(turn.ran_ms(member))
        while due.at_ms <= now_ms:
            if turn.distribution(due).concerns(member_id, member):
                return True
            due = runs.after(due.at_ms)
        return False
    except Exception:
        return True
