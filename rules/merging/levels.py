"""The programs of two members who are one: what either spent and paid for counts, and the level is judged afresh (spec 1.7, 3.4)."""

from __future__ import annotations

from rules.finer import level_since, take_all, take_earlier_since, take_level_since
from rules.happened import Happened, LevelChange
from rules.levels.cause import Case, Cause
from rules.levels.changed_rules import adapt
from rules.levels.held import holding, shown, words_of
from rules.levels.settling import end_until, settle
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
                _tell_taken(member_id, his, old, program, cause, happened)
            continue
        if program is None:
            _add(member, membership, old, his)
            continue
        if membership.standing is not None and his.standing is not None:
            numbers[his.program] = first_number(membership.standing)
        case = Case(program, member_id, member, membership, rulebook, cause, happened)
        if membership.left and not his.left:
            membership.level = his.level
            take_level_since(member, membership, old, his)
            _tell_taken(member_id, his, old, program, cause, happened)
        _add(member, membership, old, his)
        unite_standings(program, membership, his.standing, cause.now_ms)
        judge_afresh(program, membership.standing, cause.now_ms)
        if membership.standing is not None:
            end_until(case, cause.now_ms)
        settle(case)
    return numbers


def _add(member: Member, membership: Membership, old: Member, his: Membership) -> None:
    membership.spent += his.spent
    membership.ledger += his.ledger
    # Who was in the program under either id is in it.
    if not his.left:
        take_earlier_since(member, membership, old, his)


def _tell_taken(
    member_id: str, his: Membership, old: Member, program: CompiledProgram | None, cause: Cause, happened: list[Happened]
) -> None:
    """The level that the old one held in a program that the member was not in is his, since when it was held."""
    level, since = shown(program, his), iso(level_since(old, his))
    until, by = (None, None) if program is None or level is None else words_of(holding(program, his, level))
    happened.append(LevelChange(his.program, member_id, None, level, "merged", None, since, until, by))
