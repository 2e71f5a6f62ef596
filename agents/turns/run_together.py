"""One run made of many members together: of those of whom nothing else is due, and whom the turn has not touched."""

from __future__ import annotations

from collections.abc import Sequence

from agents.turns.together import Reach
from agents.turns.turn import Turn
from rules.bulk.giving import Distribution
from rules.gifts.releasing import carry_again
from rules.state import NEVER_MS, Member
from tables.member.record import due_ms_of, has_run, is_plain


def the_one_due(turn: Turn) -> Distribution | None:
    """What is due of everybody who is not done with it yet; None where it is more than what is due at one time."""
    if turn.clock.now_ms >= turn.judge_from_ms:
        return None
    runs, now_ms = turn.rulebook.runs, turn.clock.now_ms
    due = runs.after(max(turn.table.ran_ms, turn.clock.began_ms))
    return turn.distribution(due) if due.at_ms <= now_ms < runs.after(due.at_ms).at_ms else None


def made_of(turn: Turn, distribution: Distribution) -> Reach:
    """What makes it of members, until the turn is full."""

    def reach(member_ids: Sequence[str], kept: dict[str, Member], alone: list[str]) -> int:
        table, happened, now_ms, at_ms, room = turn.table, turn.happened, turn.clock.now_ms, distribution.at_ms, turn.room()
        members, touched, read, make = table.members, table.touched, table.read, distribution.reach
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
            member = read(data)
            if member.registered and make(member_id, member, happened):
                member.seldom.ran_ms = at_ms
                if member.due != NEVER_MS:
                    carry_again(member, turn.rulebook, at_ms)
                kept[member_id] = member
                room -= len(data) + distribution.size_bytes
        return looked

    return reach
