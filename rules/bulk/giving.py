"""A run made of one member, as of its start; held while its activity is paused (spec 2.9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from rules.bulk.made import remember
from rules.bulk.runs import Due, Run
from rules.gifts.making import make
from rules.happened import Grant, Happened, grants_of
from rules.limits.limiting import limited
from rules.rulebook.rulebook import Rulebook
from rules.segments.predicate import AsOf
from rules.state import HeldRun, Member
from rules.times import iso, moment

# Starts of runs that are remembered: a million members have one.
_STARTS = 64
# By a run, as of when its segment is asked.
AsOfRun = Callable[[Run], AsOf]


def is_in(run: Run, member_id: str, member: Member, as_of: AsOf) -> bool:
    """Whether a run is for a member as he stands: in one of its activity's programs, where it names some, and in the segment."""
    programs = run.bulk.programs
    if programs is not None and not any(each.program in programs and each.since_ms <= run.start_ms for each in member.memberships):
        return False
    return run.bulk.matches(member_id, member, as_of)


def concerns(due: Due, member_id: str, member: Member, as_of: AsOfRun) -> bool:
    """Whether what is due at a time changes anything of a member."""
    if due.settled and any(held.first_ref in due.settled for held in member.seldom.held_runs):
        return True
    return any(is_in(run, member_id, member, as_of(run)) for run in due.runs)


def give(
    due: Due, member_id: str, member: Member, rulebook: Rulebook, now_ms: int | None, as_of: AsOfRun, happened: list[Happened]
) -> None:
    """Does what is due of a member at a time. `now_ms`: how late it is by now, when an activity that is paused holds what is given, and one
    that is archived drops it; None: nothing stops it, as everybody was reached at the start.
    """
    for run in due.runs:
        if not is_in(run, member_id, member, as_of(run)):
            continue
        state = "running" if now_ms is None else rulebook.runs.state(run.bulk.first_ref, now_ms)
        if state == "running":
            _grant(run, member_id, member, rulebook, due.at_ms, happened)
        elif state == "paused":
            member.seldom.held_runs.append(HeldRun(run.bulk.first_ref, run.bulk.ref, run.start_ms, run.period))
    if due.settled and member.seldom.held_runs:
        _settle(due, member_id, member, rulebook, due.at_ms if now_ms is None else now_ms, happened)


def _settle(due: Due, member_id: str, member: Member, rulebook: Rulebook, now_ms: int, happened: list[Happened]) -> None:
    """What was held of activities that are paused no longer is given, or falls away with an archive."""
    still: list[HeldRun] = []
    for held in member.seldom.held_runs:
        state = "paused"
        if held.first_ref in due.settled:
            state = rulebook.runs.state(held.first_ref, now_ms)
        if state == "running":
            run = Run(held.start_ms, rulebook.runs.version(held.ref), held.period)
            _grant(run, member_id, member, rulebook, due.at_ms, happened)
        elif state == "paused":
            still.append(held)
    member.seldom.held_runs = still


@lru_cache(_STARTS)
def _start(start_ms: int) -> tuple[datetime, str]:
    """The time, and as text."""
    start = moment(start_ms)
    return start, iso(start)


def _grant(run: Run, member_id: str, member: Member, rulebook: Rulebook, now_ms: int, happened: list[Happened]) -> None:
    bulk, (start, text) = run.bulk, _start(run.start_ms)
    grant = Grant(
        f"{grants_of(bulk.code, member_id)}{run.period}",
        bulk.code,
        member_id,
        None,
        None,
        text,
        bulk.gifts,
        bulk.version,
        notify=bulk.notify,
        run=run.period,
    )
    # Of a bulk, `granted` is how many grants were owed.
    nth = member.granted[bulk.first_ref] = member.granted.get(bulk.first_ref, 0) + 1
    remember(member, bulk, run.period)
    if bulk.limits is None or not limited(member, bulk.limits, grant, nth, run.start_ms, now_ms, rulebook, happened):
        make(member, bulk, bulk.terms, [grant], run.period, start, now_ms, rulebook, happened)
