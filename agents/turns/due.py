"""What is due of a member by the clock: fired before a document is applied to him, or by the sweep where none comes.

The earliest first, each as of when it was due: so what comes of it is the same however late it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import structlog

from agents.fold.held import expire_held
from agents.turns.turn import Turn
from rules.benefits.issuing import issue_due
from rules.gifts.releasing import carry_again, first_due_ms, release_due
from rules.levels.standing import end_terms, judge_changed, unjudged_from_ms
from rules.state import ALWAYS_MS, DUE_FROM_MS, NEVER_MS, Member
from tables.member.put_by import due_by

_log: Final = structlog.get_logger()


class Timer(NamedTuple):
    """A kind of what becomes due. `due_ms`: when the first of it is (epoch ms), NEVER_MS where nothing is. `fire`: does what is due of the
    kind at just that time, after which the next of it is due later.
    """

    due_ms: Callable[[Turn, Member], int]
    fire: Callable[[Turn, str, Member, int], None]


def _given_up_ms(_: Turn, member: Member) -> int:
    held = member.held
    return min([each.due_ms for each in held]) if held else NEVER_MS


def _changed_ms(turn: Turn, member: Member) -> int:
    """From when a program holds that he has not been judged by (spec 3.6)."""
    now_ms = turn.clock.now_ms
    return NEVER_MS if now_ms < turn.judge_from_ms else unjudged_from_ms(member, turn.rulebook, now_ms)


def _judge(turn: Turn, member_id: str, member: Member, due_ms: int) -> None:
    judge_changed(member_id, member, turn.rulebook, due_ms, turn.happened)


def _ends_ms(_: Turn, member: Member) -> int:
    return member.ends_ms


def _end_terms(turn: Turn, member_id: str, member: Member, due_ms: int) -> None:
    end_terms(member_id, member, turn.rulebook, due_ms, turn.happened)


def _release_ms(_: Turn, member: Member) -> int:
    return first_due_ms(member)


def _release(turn: Turn, member_id: str, member: Member, due_ms: int) -> None:
    turn.table.bring_back(member_id, member, due_by(due_ms))
    release_due(member_id, member, turn.rulebook, due_ms, turn.happened)


def run_ms(turn: Turn, member: Member) -> int:
    """When a run has started that he is not done with, or may be held no longer (spec 2.9)."""
    if turn.clock.now_ms < turn.run_from_ms or not member.registered:
        return NEVER_MS
    return turn.rulebook.runs.after(turn.ran_ms(member)).at_ms


def _run(turn: Turn, member_id: str, member: Member, due_ms: int) -> None:
    due = turn.rulebook.runs.after(turn.ran_ms(member))
    turn.distribution(due).reach(member_id, member, turn.happened)
    member.seldom.ran_ms = due_ms


def _issue_ms(_: Turn, member: Member) -> int:
    """When a benefit is issued to him by the calendar (spec 3.8)."""
    return NEVER_MS if member.due == NEVER_MS else member.seldom.issues_ms


def _issue(turn: Turn, member_id: str, member: Member, due_ms: int) -> None:
    issue_due(member_id, member, turn.rulebook, due_ms, turn.happened)


_CHANGES: Final = Timer(_changed_ms, _judge)
_RUNS: Final = Timer(run_ms, _run)
# In this order, where several are due at one instant. A new kind is a line here, and what `Member.find_due` knows of it.
_TIMERS: Final = (
    Timer(_given_up_ms, expire_held),
    _CHANGES,
    Timer(_ends_ms, _end_terms),
    Timer(_release_ms, _release),
    _RUNS,
    Timer(_issue_ms, _issue),
)
# Where it is the only kind that anything may be due of; where nothing of his own is due; and where what is everybody's is not.
_RUNS_ONLY: Final = (_RUNS,)
_EVERYBODYS: Final = (_CHANGES, _RUNS)
_HIS_OWN: Final = tuple(timer for timer in _TIMERS if timer not in _EVERYBODYS)


def has_due(turn: Turn, member: Member) -> bool:
    """Whether something of the member may be due by now: `fire_due` finds out."""
    now_ms = turn.clock.now_ms
    if member.due != NEVER_MS and member.due_ms <= now_ms:
        return True
    return now_ms >= turn.everybody_from_ms and (now_ms >= turn.judge_from_ms or run_ms(turn, member) <= now_ms)


def fire_due(turn: Turn, member_id: str, member: Member, taken: bytes | None = None) -> Member:
    """Fires what is due of a member; the member after it. What throws is undone, and costs nobody else anything.

    `taken`: his record, where nothing was done to him in the turn. Raises TooManyErrors.
    """
    now_ms = turn.clock.now_ms
    runs_only = member.due_ms > now_ms and now_ms < turn.judge_from_ms
    timers = list(_RUNS_ONLY if runs_only else _TIMERS)
    while timers:
        if runs_only and member.due_ms <= now_ms:
            # Something came of a run that is due itself by now.
            runs_only, timers = False, list(_TIMERS)
        due_ms, place = _first(turn, timers, member)
        if due_ms > now_ms:
            break
        before, taken = taken or turn.table.snapshot(member_id), None
        orders_mark = len(turn.orders.entries)
        try:
            _fire(turn, timers[place], member_id, member, due_ms)
            turn.put_out()
        except Exception as error:
            _log.exception("timer_threw", timer=timers.pop(place).fire.__name__, partition=turn.table.partition)
            turn.put_nothing_out()
            turn.orders.roll_back(orders_mark)
            turn.table.roll_back(member_id, before)
            known = turn.table.member(member_id)
            assert known is not None
            member = known
            # Or else he is given out again and again; he is tried again when a document of his comes.
            turn.table.timers.set_aside(member_id, member.due_ms)
            turn.failed(error)
        else:
            if not has_due(turn, member):
                break
    if len(timers) == len(_TIMERS) and member.due_ms <= now_ms:
        # It was earlier than it had to be.
        member.find_due()
    return member


def fire_unguarded(turn: Turn, member_id: str, member: Member) -> None:
    """Fires what is due of a member, and puts nothing out yet; what throws is the caller's, who sees to him in a guarded call then."""
    now_ms = turn.clock.now_ms
    everybody, by_now = now_ms >= turn.everybody_from_ms, now_ms - DUE_FROM_MS
    fired, fired_ms = None, ALWAYS_MS
    while everybody or member.due <= by_now:
        timers: Sequence[Timer] = _TIMERS
        least_ms = ALWAYS_MS
        if member.due > by_now:
            timers = _EVERYBODYS
        elif not everybody:
            timers, least_ms = _HIS_OWN, member.due + DUE_FROM_MS
        due_ms, place = _earliest(turn, timers, member, least_ms)
        if due_ms > now_ms:
            if member.due <= by_now:
                # It was earlier than it had to be.
                member.find_due()
            return
        timer = timers[place]
        if timer is fired and due_ms <= fired_ms:
            raise _left_undone(timer, fired_ms)
        timer.fire(turn, member_id, member, due_ms)
        if member.due != NEVER_MS:
            carry_again(member, turn.rulebook, due_ms)
        fired, fired_ms = timer, due_ms


def _first(turn: Turn, timers: Sequence[Timer], member: Member) -> tuple[int, int]:
    """When the first of what may be due by now is, and its place among the timers; NEVER_MS where nothing is."""
    if not has_due(turn, member):
        return NEVER_MS, 0
    return _earliest(turn, timers, member, ALWAYS_MS if turn.clock.now_ms >= turn.everybody_from_ms else member.due_ms)


def _earliest(turn: Turn, timers: Sequence[Timer], member: Member, least_ms: int) -> tuple[int, int]:
    """The same. `least_ms`: nothing is due sooner; what only he has is due no sooner than his record says."""
    first_ms, place = NEVER_MS, 0
    for at, timer in enumerate(timers):
        due_ms = timer.due_ms(turn, member)
        if due_ms < first_ms:
            first_ms, place = due_ms, at
            if due_ms <= least_ms:
                break
    return first_ms, place


def _fire(turn: Turn, timer: Timer, member_id: str, member: Member, due_ms: int) -> None:
    timer.fire(turn, member_id, member, due_ms)
    if member.due != NEVER_MS:
        carry_again(member, turn.rulebook, due_ms)
    # Nothing of his own is due sooner than his record says.
    may_be_left = member.due_ms <= due_ms or due_ms >= turn.everybody_from_ms
    if may_be_left and timer.due_ms(turn, member) <= due_ms:
        raise _left_undone(timer, due_ms)


def _left_undone(timer: Timer, due_ms: int) -> AssertionError:
    return AssertionError(f"{timer.fire.__name__} left undone what was due at {due_ms}")
