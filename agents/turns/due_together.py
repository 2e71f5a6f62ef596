"""What is due of many members seen to together, where the turn has not touched them; of the others one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agents.turns.due import fire_due, fire_unguarded
from agents.turns.together import TOGETHER, reach_together
from agents.turns.turn import Turn
from rules.state import Member

# Whose record is larger may put out much. So those who are seen to together make a turn some hundred KiB too large at most.
_MOST_RECORD_BYTES = 4_096
# No more of them are seen to together once so much happened to them.
_MOST_HAPPENED = 4 * TOGETHER
# About as large is a record of what happened.
_RECORD_BYTES = 512


def fire_together(turn: Turn, member_ids: Sequence[str], concerns: Callable[[Member], bool] | None = None) -> list[str]:
    """Fires what is due of these members until the turn is full; who was not seen to. Raises TooManyErrors.

    `concerns`: whether anything may be due of one; where it does not say so he is left as he is.
    """
    left = list(member_ids)
    while left and not turn.full():
        looked, _, alone = reach_together(turn, left, lambda ids, kept, alone: _reach(turn, ids, kept, alone, concerns))
        del left[:looked]
        while alone and not turn.full():
            _fire_alone(turn, alone.pop(), concerns)
        left += alone
    return left


def _reach(
    turn: Turn, member_ids: Sequence[str], kept: dict[str, Member], alone: list[str], concerns: Callable[[Member], bool] | None
) -> int:
    """See `agents.turns.together.Reach`."""
    table, happened, room = turn.table, turn.happened, turn.room()
    members, touched, read = table.members, table.touched, table.read
    looked = 0
    for member_id in member_ids:
        if room <= 0 or len(happened) > _MOST_HAPPENED:
            break
        looked += 1
        data = members[member_id]
        if member_id in touched or len(data) > _MOST_RECORD_BYTES:
            alone.append(member_id)
            continue
        member = read(data)
        if concerns is None or concerns(member):
            before = len(happened)
            fire_unguarded(turn, member_id, member)
            kept[member_id] = member
            room -= len(data) + _RECORD_BYTES * (len(happened) - before)
    return looked


def _fire_alone(turn: Turn, member_id: str, concerns: Callable[[Member], bool] | None) -> None:
    """In a guarded call. Who was deleted in this turn is gone once those whom it had touched are written: nothing is due of him."""
    table = turn.table
    if member_id not in table.touched and member_id not in table.members:
        return
    if concerns is None or _may_concern(table.look(member_id), concerns):
        member, taken = table.take(member_id)
        assert member is not None
        fire_due(turn, member_id, member, taken)


def _may_concern(member: Member, concerns: Callable[[Member], bool]) -> bool:
    """Whether he is to be seen to. Where that cannot even be told, he is, in a guarded call that says why."""
    try:
        return concerns(member)
    except Exception:
        return True
