"""What becomes due of a member's levels: terms end, and programs change (spec 3.4 to 3.6)."""

from __future__ import annotations

from rules.happened import Happened
from rules.levels.added import settle_and_add
from rules.levels.cause import Case, changed_rule, ended
from rules.levels.changed_rules import adapt
from rules.levels.held import held
from rules.levels.settling import end_until
from rules.rulebook.compiled.program import CompiledProgram
from rules.rulebook.missed import Missed
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS, NEVER_MS, Member, Membership


def unjudged_from_ms(member: Member, rulebook: Rulebook, now_ms: int) -> int:
    """From when the first version of a program holds that the member has not been judged by; NEVER_MS where there is none by now."""
    from_ms = NEVER_MS
    for membership in member.memberships:
        if not membership.left and (missed := rulebook.missed.of(member, membership.program, membership.judged, now_ms)):
            from_ms = min(from_ms, missed[0].from_ms)
    return from_ms


def judge_changed(member_id: str, member: Member, rulebook: Rulebook, now_ms: int, happened: list[Happened]) -> None:
    """Brings a member's levels to what the programs say that have come to hold by then, and that he has not been judged by (spec 3.6).

    Each version is judged by as of when it came to hold: so what comes of it is the same whether it is done at once, in a sweep, or when
    his next document comes.
    """
    missed = [
        (each, membership)
        for membership in member.memberships
        if not membership.left
        for each in rulebook.missed.of(member, membership.program, membership.judged, now_ms)
    ]
    if len(missed) > 1:
        missed.sort(key=_from_us)
    for (from_ms, from_us, version, before, had, _, _), membership in missed:
        # The first version holds from ever: of a record that does not say by which version it was judged.
        since_ms = from_ms if from_ms != ALWAYS_MS else membership.level_since_ms
        since_us = from_us if from_ms != ALWAYS_MS else since_ms * 1000
        cause = changed_rule(since_us, since_us if since_ms == now_ms else now_ms * 1000)
        base = risen_from(version, rulebook, membership.program, membership.level)
        case = Case(version, member_id, member, membership, rulebook, cause, happened, base)
        adapt(before, version, membership, since_ms)
        if membership.standing is not None:
            member.wait_until(membership.standing.next_end_ms)
        settle_and_add(case, before, had)
        membership.judged = version.ref


def _from_us(missed: tuple[Missed, Membership]) -> int:
    return missed[0].from_us


def would_change(member: Member, rulebook: Rulebook, now_ms: int) -> bool:
    """Whether `judge_changed` may change something of the member, who is left as he is."""
    for membership in member.memberships:
        if not membership.left:
            for missed in rulebook.missed.of(member, membership.program, membership.judged, now_ms):
                if _would_change(missed, membership):
                    return True
    return False


def _would_change(missed: Missed, membership: Membership) -> bool:
    version, before = missed.version, missed.before
    if missed.recounts or (missed.rejudges and (version.standard is not None or membership.standing is not None)):
        return True
    if version.by_calendar or membership.level in version.added_to(missed.had):
        # It has something for who holds the level, beside the level.
        return True
    return version.off != before.off or (not version.off and held(version, membership) != membership.level)


def catch_up(member: Member, membership: Membership, rulebook: Rulebook, now_ms: int) -> None:
    """Has what is remembered of a membership that was left fit the version that holds now. It shows no level meanwhile."""
    for missed in rulebook.missed.of(member, membership.program, membership.judged, now_ms):
        adapt(missed.before, missed.version, membership, max(missed.from_ms, membership.level_since_ms))


def risen_from(program: CompiledProgram, rulebook: Rulebook, code: str, level: str | None) -> str | None:
    """The level that counts as held before: the one that is; or, where it is no more in the ladder, the highest below it that is left.
    `code`: of the program.
    """
    if level is None or level in program.positions:
        return level
    versions = rulebook.programs[code]
    known = next((version for version in reversed(versions) if version.ref < program.ref and level in version.positions), program)
    lower = (rung.code for rung in reversed(known.ladder[: max(known.position(level), 0)]))
    return next((code for code in lower if code in program.positions), None)


def end_terms(member_id: str, member: Member, rulebook: Rulebook, at_ms: int, happened: list[Happened]) -> None:
    """Ends the terms of a member that end by a time, which is when the first of them does (spec 3.4, 3.5)."""
    for membership in member.memberships:
        program = None if membership.left else rulebook.program_of(member, membership.program, at_ms)
        if program is not None and membership.standing is not None:
            end_until(Case(program, member_id, member, membership, rulebook, ended(at_ms), happened), at_ms)
    member.find_due()
