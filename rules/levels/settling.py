"""The level that a member holds is brought to what he has spent and paid for; and terms end (spec 3.4, 3.5)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rules.benefits.issuing import await_issue
from rules.finer import level_since, set_level_since
from rules.happened import LevelChange
from rules.levels import paid
from rules.levels.cause import Case, ended
from rules.levels.ends import end
from rules.levels.held import FOR_GOOD, Holding, held, holding, words_of
from rules.levels.kept import Standing
from rules.levels.upgrades import gain
from rules.messages.telling import tell_upgrade
from rules.rulebook.compiled.program import CompiledProgram
from rules.state import Member, Membership
from rules.times import iso

# What `told_by` is never found to be.
_TOLD_NOTHING: Final = -1


def settle(case: Case, *, gains: bool = True, paid_level: str | None = None) -> None:
    """Brings the level that is held to what it must be; what is gained grants (spec 2.8), unless it is given back.

    `paid_level`: what was paid for just now. A program that is off shows no change, and nothing is gained in it (spec 3.7).
    """
    program, membership = case.program, case.membership
    if membership.left:
        return
    if membership.standing is not None:
        case.member.wait_until(membership.standing.next_end_ms)
    if program.off:
        return
    level, standing = held(program, membership), membership.standing
    if standing is None:
        if level != membership.level:
            move_to(case, level, gains=gains, paid_level=paid_level)
        return
    now_held = holding(program, membership, level)
    if level == membership.level and now_held == (standing.told_until, standing.told_by):
        return
    standing.told_until, standing.told_by = now_held
    if level != membership.level:
        move_to(case, level, now_held, gains=gains, paid_level=paid_level)
    else:
        _tell(case, level, now_held, iso(level_since(case.member, membership)))


def move_to(
    case: Case, level: str | None, now_held: Holding = FOR_GOOD, *, gains: bool = True, paid_level: str | None = None
) -> None:
    """Brings a membership to another level; what is gained by that grants. `now_held`: by what, and until when."""
    program, membership, cause = case.program, case.membership, case.cause
    before = membership.level
    _tell(case, level, now_held, cause.at)
    membership.level = level
    if program.by_calendar:
        await_issue(program, level, case.member, cause.now_ms)
    set_level_since(case.member, membership, cause.occurred_at)
    risen_from = before if before in program.positions else case.risen_from
    gained = program.gained(risen_from, level, paid_level) if gains else []
    for code in gained:
        gain(case, code)
    if gained and case.rulebook.tells and level is not None and not cause.imported:
        at = cause.known_at
        tell_upgrade(case.member_id, case.member, program, level, at, case.rulebook, case.happened)


def hide(case: Case) -> None:
    """A program is switched off: it shows no level (spec 3.7). Which was held is remembered, for on again."""
    if case.membership.left or case.membership.level is None:
        return
    case.happened.append(LevelChange(case.membership.program, case.member_id, None, None, case.cause.why, None, case.cause.at))


def show(case: Case) -> None:
    """A program is on again: it shows the level that is held, which is a change where it is another than before."""
    membership, before = case.membership, case.membership.level
    if membership.standing is not None and before is not None:
        membership.standing.told_by = _TOLD_NOTHING
    settle(case)
    if membership.standing is None and before is not None and membership.level == before:
        _tell(case, before, FOR_GOOD, iso(level_since(case.member, membership)))


def _tell(case: Case, level: str | None, now_held: Holding, since: str) -> None:
    """Says which level is held from now on, until when and by what; it may be the same."""
    cause, membership = case.cause, case.membership
    until, by = words_of(now_held)
    by = None if level is None else by
    told = LevelChange(membership.program, case.member_id, membership.level, level, cause.why, cause.document_id, since, until, by)
    case.happened.append(told)


def end_until(case: Case, until_ms: int) -> None:
    """Ends all terms that end by then, in the order of their ends, each as of its own time. Ends at one instant make one change."""
    standing, cause = case.membership.standing, case.cause
    while standing is not None and (at_ms := standing.next_end_ms) <= until_ms:
        _end(case.program, standing, at_ms)
        case.cause = ended(at_ms)
        settle(case)
    case.cause = cause


def stand_again(program: CompiledProgram, member: Member, membership: Membership, at: datetime, now_ms: int) -> None:
    """A membership that was left begins again, at the level that it reaches by now, which is not gained (spec 1.7, 2.8)."""
    standing = membership.standing
    while standing is not None and (at_ms := standing.next_end_ms) <= now_ms:
        _end(program, standing, at_ms)
    level = held(program, membership)
    if level != membership.level:
        membership.level = level
        set_level_since(member, membership, at)
    if standing is not None:
        standing.told_until, standing.told_by = holding(program, membership, level)
    membership.judged = program.ref


def _end(program: CompiledProgram, standing: Standing, at_ms: int) -> None:
    """The terms that end at a time, which is when the first of them does, are over."""
    if standing.terms and standing.terms[-1].ends_ms == at_ms:
        assert program.standard is not None, "a program by history has no terms"
        end(program, program.standard, standing)
    paid.end(standing, at_ms)
