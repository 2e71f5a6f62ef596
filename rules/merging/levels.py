"""The programs of two members who are one: what either spent and paid for counts, and the level is judged afresh (spec 1.7, 3.4)."""

from __future__ import annotations

from rules.finer import level_since, take_all, take_earlier_since, take_level_since
from rules.happened import Happened, LevelChange
from rules.levels.added import settle_and_add
from rules.levels.cause import Case, Cause
from rules.levels.changed_rules import adapt
from rules.levels.held import holding, shown, words_of
from rules.levels.settling import end_until, settle
from rules.levels.standing import risen_from
from rules.members import come_back
from rules.merging.standings import first_number, judge_afresh, unite_standings
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.state import Member, Membership
from rules.times import iso


def unite_memberships(
    member_id: str, member: Member, old: Member, rulebook: Rulebook, cause: Cause, happened: list[Happened]
) -> dict[str, int]:
    """Has the member be in every program that the old one was in; by program, how much higher the numbers of that one's terms are now."""
    mine = {membership.program: membership for membership in member.memberships}
    numbers: dict[str, int] = {}
    for his in old.memberships:
        if his.left:
            come_back(old, his, rulebook, cause.occurred_at, cause.now_ms)
        program = rulebook.program_of(member, his.program, cause.now_ms)
        before = next((each for each in rulebook.programs.get(his.program, ()) if each.ref == his.judged), None)
        if program is not None and before is not None and before is not program:
            adapt(before, program, his, cause.now_ms)
            his.judged = program.ref
        membership = mine.get(his.program)
        if membership is None:
            member.memberships = [*member.memberships, his]
            take_all(member, his, old)
            if not his.left:
                _tell_taken(member_id, member, his, program, cause, happened)
                if program is not None and before is not None:
                    # The member may be under another version than the old one was.
                    base = risen_from(program, rulebook, his.program, his.level)
                    case = Case(program, member_id, member, his, rulebook, cause, happened, base)
                    _end(case)
                    settle_and_add(case, before, None if before.off else before)
            continue
        if program is None:
            _add(member, membership, old, his)
            continue
        comes_back = membership.left and not his.left
        if comes_back:
            come_back(member, membership, rulebook, cause.occurred_at, cause.now_ms)
            if _is_above(program, his.level, membership.level):
                membership.level = his.level
                take_level_since(member, membership, old, his)
        if membership.standing is not None and his.standing is not None:
            numbers[his.program] = first_number(membership.standing)
        _add(member, membership, old, his)
        unite_standings(program, membership, his.standing, cause.now_ms)
        if comes_back:
            _tell_taken(member_id, member, membership, program, cause, happened)
        judge_afresh(program, membership.standing, cause.now_ms)
        base = risen_from(program, rulebook, his.program, membership.level)
        case = Case(program, member_id, member, membership, rulebook, cause, happened, base)
        _end(case)
        settle(case)
    return numbers


def _is_above(program: CompiledProgram, level: str | None, other: str | None) -> bool:
    """Whether a level that was held is above another; one that is no longer in the ladder is: what becomes of it is no gain."""
    return level is not None and (level not in program.positions or program.position(level) > program.position(other))


def _end(case: Case) -> None:
    if case.membership.standing is not None:
        end_until(case, case.cause.now_ms)


def _add(member: Member, membership: Membership, old: Member, his: Membership) -> None:
    membership.spent += his.spent
    membership.ledger += his.ledger
    # Who was in the program under either id is in it.
    if not his.left:
        take_earlier_since(member, membership, old, his)


def _tell_taken(
    member_id: str, member: Member, taken: Membership, program: CompiledProgram | None, cause: Cause, happened: list[Happened]
) -> None:
    """The level of a program that the member was not in is his, since when it was held."""
    level, since = shown(program, taken), iso(level_since(member, taken))
    until, by = (None, None) if program is None or level is None else words_of(holding(program, taken, level))
    happened.append(LevelChange(taken.program, member_id, None, level, "merged", None, since, until, by))
