"""One run made of many members at once: of those of whom nothing else is due, and whom the turn has not touched.

What comes of them is put out together. Where something throws it is as if none of them had been looked at: they are seen to one by one,
each in a guarded call (agents/turns/run_pass.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from agents.turns.turn import Turn
from rules.bulk.giving import Distribution
from rules.gifts.releasing import carry_again
from rules.state import NEVER_MS, Member
from tables.member.record import due_ms_of, has_run, is_plain

_log = structlog.get_logger()


def the_one_due(turn: Turn) -> Distribution | None:
    """What is due of everybody who is not done with it yet; None where it is more than what is due at one time."""
    if turn.clock.now_ms >= turn.judge_from_ms:
        return None
    runs, now_ms = turn.rulebook.runs, turn.clock.now_ms
    due = runs.after(max(turn.table.ran_ms, turn.clock.began_ms))
    return turn.distribution(due) if due.at_ms <= now_ms < runs.after(due.at_ms).at_ms else None


def reach_together(turn: Turn, distribution: Distribution, member_ids: Sequence[str]) -> tuple[int, int, list[str]]:
    """Does what is due of these members, in their order, until the turn is full.

    How many of them were looked at; how many something came of; and who of them is to be seen to by himself.
    """
    kept: dict[str, Member] = {}
    alone: list[str] = []
    mark = turn.mark()
    looked = 0
    try:
        looked = _reach(turn, distribution, member_ids, kept, alone)
        turn.table.keep_read(kept)
        turn.put_out()
    except Exception as error:
        _log.warning("run_threw_on_some", error=repr(error), members=len(member_ids), partition=turn.table.partition)
        turn.put_nothing_out()
        turn.roll_back(mark)
        for member_id in kept:
            turn.table.roll_back(member_id, turn.table.members[member_id])
        return len(member_ids), 0, list(member_ids)
    now_ms = turn.clock.now_ms
    # What was given late may have been due for release before now.
    alone += [member_id for member_id, member in kept.items() if member.due != NEVER_MS and member.due_ms <= now_ms]
    turn.table.write_touched()
    return looked, len(kept), alone


def _reach(turn: Turn, distribution: Distribution, member_ids: Sequence[str], kept: dict[str, Member], alone: list[str]) -> int:
    """The same, up to what is put out; how many were looked at."""
    table, happened, now_ms, at_ms, room = turn.table, turn.happened, turn.clock.now_ms, distribution.at_ms, turn.room()
    members, touched, read, reach = table.members, table.touched, table.read, distribution.reach
    looked = 0
    for member_id in member_ids:
        if room <= 0:
            break
        looked += 1
        data = members.get(member_id)
        if data is None:
            # He is gone meanwhile.
            continue
        if member_id in touched or not (is_plain(data) or (not has_run(data) and due_ms_of(data) > now_ms)):
            alone.append(member_id)
            continue
        member = read(member_id)
        if member.registered and reach(member_id, member, happened):
            member.seldom.ran_ms = at_ms
            if member.due != NEVER_MS:
                carry_again(member, turn.rulebook, at_ms)
            kept[member_id] = member
            room -= len(data) + distribution.size_bytes
    return looked
