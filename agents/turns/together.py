"""Many members seen to in one guarded call: what comes of them is put out together, and they are written at once.

Where something throws it is as if none of them had been looked at: they are seen to one by one, each in a guarded call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from agents.turns.turn import Turn
from rules.state import NEVER_MS, Member

_log = structlog.get_logger()

# Members of whom what comes is put out together, between two looks at how full the turn is.
TOGETHER = 32

# Does what is due of members whom the turn has not touched, in their order, and says how many were looked at; it fills those of whom
# something came, and those who are to be seen to one by one.
Reach = Callable[[Sequence[str], dict[str, Member], list[str]], int]


def reach_together(turn: Turn, member_ids: Sequence[str], reach: Reach) -> tuple[int, int, list[str]]:
    """How many of them were looked at; how many something came of; and who of them is to be seen to by himself."""
    table, orders = turn.table, turn.orders
    kept: dict[str, Member] = {}
    alone: list[str] = []
    mark, orders_mark = turn.mark(), len(orders.entries)
    try:
        looked = reach(member_ids, kept, alone)
        table.keep_read(kept)
        turn.put_out()
    except Exception as error:
        _log.warning("threw_on_some", error=repr(error), members=len(member_ids), partition=table.partition)
        turn.put_nothing_out()
        turn.roll_back(mark)
        orders.roll_back(orders_mark)
        for member_id in kept:
            table.roll_back(member_id, table.members[member_id])
        return len(member_ids), 0, list(member_ids)
    now_ms = turn.clock.now_ms
    # Something more may have become due by now of what came.
    alone += [member_id for member_id, member in kept.items() if member.due != NEVER_MS and member.due_ms <= now_ms]
    table.write_touched()
    return looked, len(kept), alone
