"""What is due of a member by the clock: fired before a document is applied to him, or by the sweep where none comes."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from agents.fold.refunds import expire_held
from agents.turns.turn import Turn
from rules.levels.standing import judge_touched
from rules.state import NEVER_MS, Member

_log = structlog.get_logger()


def _must_be_judged(turn: Turn, _: Member) -> bool:
    return turn.clock.now_ms >= turn.judge_from_ms


def _judge(turn: Turn, member_id: str, member: Member) -> None:
    """Levels by the programs that hold now (spec 3.6)."""
    judge_touched(member_id, member, turn.rulebook, turn.clock.now_ms, turn.happened)


def _waits_no_longer(turn: Turn, member: Member) -> bool:
    return member.due != NEVER_MS and member.due_ms <= turn.clock.now_ms


# When something of each kind is due, and what is done then; in this order, where several are.
_TIMERS: tuple[tuple[Callable[[Turn, Member], bool], Callable[[Turn, str, Member], None]], ...] = (
    (_must_be_judged, _judge),
    (_waits_no_longer, expire_held),
)


def has_due(turn: Turn, member: Member) -> bool:
    """Whether something of the member is due by now."""
    return any(is_due(turn, member) for is_due, _ in _TIMERS)


def fire_due(turn: Turn, member_id: str, member: Member) -> Member:
    """Fires what is due of a member; the member after it. What throws is undone, and costs nobody else anything.

    Raises TooManyErrors.
    """
    for is_due, fire in _TIMERS:
        if not is_due(turn, member):
            continue
        before = turn.table.snapshot(member_id)
        try:
            fire(turn, member_id, member)
            turn.put_out()
        except Exception as error:
            _log.exception("timer_threw", timer=fire.__name__, partition=turn.table.partition)
            turn.put_nothing_out()
            turn.table.roll_back(member_id, before)
            known = turn.table.member(member_id)
            assert known is not None
            member = known
            # Or else he is given out again and again; he is tried again when a document of his comes.
            turn.table.timers.set_aside(member_id, member.due_ms)
            turn.failed(error)
    return member
