"""Benefits that are issued: to whom, when, and what is told of it (spec 3.8).

What a member has by holding a level is looked up in the program, and nothing is remembered of it. What is issued is told once, with its
terms as they are then; of it a member remembers when the next one by the calendar is due, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from rules.benefits.compiled import Issuing
from rules.benefits.issue_times import next_issue_ms
from rules.happened import BenefitIssued, Happened, IssuedBy, escaped
from rules.levels.calendar import iso_day
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.state import NEVER_MS, Member, Membership
from rules.times import iso, moment


def issue(
    program: CompiledProgram,
    level: str,
    issuing: Issuing,
    member_id: str,
    by: IssuedBy,
    which: str,
    issued_at: datetime,
    happened: list[Happened],
) -> None:
    """Issues a benefit of a level. `which`: of all its issues to the member, so that no two have one id."""
    issue_id = f"{program.code}/{level}/{issuing.code}/{escaped(member_id)}/{which}"
    happened.append(
        BenefitIssued(
            issue_id,
            member_id,
            program.code,
            level,
            issuing.code,
            program.version,
            by,
            iso(issued_at),
            "" if issuing.coded else None,
            issuing.terms,
        )
    )


def await_issue(program: CompiledProgram, level: str | None, member: Member, now_ms: int) -> None:
    """A member holds this level from now on: the next issue of it by the calendar is due."""
    due_ms = next_of(program, level, now_ms)
    if due_ms < member.seldom.issues_ms:
        member.seldom.issues_ms = due_ms
        member.wait_until(due_ms)


def await_issues(member: Member, rulebook: Rulebook, now_ms: int) -> None:
    """The same of all levels that he holds."""
    for program, membership in _held(member, rulebook, now_ms):
        await_issue(program, membership.level, member, now_ms)


def issue_due(member_id: str, member: Member, rulebook: Rulebook, due_ms: int, happened: list[Happened]) -> None:
    """Issues what is due at just that time by the calendar; the next is due later."""
    next_ms = NEVER_MS
    for program, membership in _held(member, rulebook, due_ms):
        for issuing in () if program.off else program.issuings(membership.level):
            if issuing.days is None or next_issue_ms(issuing.days, program.days, due_ms - 1) != due_ms:
                continue
            if is_for(issuing.paid_only, membership):
                day = iso_day(program.days.day_of(due_ms))
                issue(program, membership.level or "", issuing, member_id, "calendar", day, moment(due_ms), happened)
        next_ms = min(next_ms, next_of(program, membership.level, due_ms))
    member.seldom.issues_ms = next_ms
    member.find_due()


def is_for(paid_only: bool, membership: Membership) -> bool:
    """Whether a benefit of the level that is held is for this member."""
    if not paid_only:
        return True
    standing = membership.standing
    term = None if standing is None else standing.paid.get(membership.level or "")
    return term is not None and term.runs


def next_of(program: CompiledProgram, level: str | None, after_ms: int) -> int:
    """When something of a level is next issued by the calendar; NEVER_MS where nothing is."""
    times = (next_issue_ms(each.days, program.days, after_ms) for each in program.issuings(level) if each.days is not None)
    return min(times, default=NEVER_MS)


def _held(member: Member, rulebook: Rulebook, at_ms: int) -> Iterable[tuple[CompiledProgram, Membership]]:
    """The memberships of programs in which something is issued by the calendar."""
    for membership in member.memberships:
        program = None if membership.left else rulebook.program_of(member, membership.program, at_ms)
        if program is not None and program.by_calendar:
            yield program, membership
