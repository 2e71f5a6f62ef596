"""What becomes due of a member's levels: terms end, and programs change (spec 3.4 to 3.6)."""

from __future__ import annotations

from collections.abc import Sequence

from rules.happened import Happened
from rules.levels.added import settle_and_add
from rules.levels.cause import Case, Cause
from rules.levels.changed_rules import adapt
from rules.levels.held import held
from rules.levels.settling import end_until
from rules.rulebook.compiled import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS, NEVER_MS, Member, Membership
from rules.times import moment


def unjudged_from_ms(member: Member, rulebook: Rulebook, now_ms: int) -> int:
    """From when the first version of a program holds that the member has not been judged by; NEVER_MS where there is none by now."""
    programs = rulebook.programs
    for membership in member.memberships:
        versions = programs.get(membership.program)
        if versions is not None and versions[-1].ref != membership.judged:
            return min((version.holds_from_ms for version, _ in _unjudged(member, rulebook, now_ms)), default=NEVER_MS)
    return NEVER_MS


def judge_changed(member_id: str, member: Member, rulebook: Rulebook, now_ms: int, happened: list[Happened]) -> None:
    """Brings a member's levels to what the programs say that have come to hold by then, and that he has not been judged by (spec 3.6).

    Each version is judged by as of when it came to hold: so what comes of it is the same whether it is done at once, in a sweep, or when
    his next document comes.
    """
    for version, membership in _unjudged(member, rulebook, now_ms):
        # The first version holds from ever: of a record that does not say by which version it was judged.
        since_ms = version.holds_from_ms if version.holds_from_ms != ALWAYS_MS else membership.level_since_ms
        case = Case(version, member_id, member, membership, rulebook, Cause("rule", None, None, moment(since_ms), now_ms), happened)
        adapt(version, membership, since_ms)
        settle_and_add(case)
        membership.judged = version.ref


def would_change(member: Member, rulebook: Rulebook, now_ms: int) -> bool:
    """Whether `judge_changed` may change something of the member, who is left as he is."""
    return any(
        _has_terms(version, membership)
        or _reaches(version, membership)
        or (not version.off and held(version, membership) != membership.level)
        for version, membership in _unjudged(member, rulebook, now_ms)
    )


def _reaches(program: CompiledProgram, membership: Membership) -> bool:
    """Whether it has something for who holds the level, beside the level."""
    return program.by_calendar or membership.level in program.added


def _has_terms(program: CompiledProgram, membership: Membership) -> bool:
    """Whether its terms must be looked at when the program changes."""
    return program.standard is not None or membership.standing is not None


def end_terms(member_id: str, member: Member, rulebook: Rulebook, at_ms: int, happened: list[Happened]) -> None:
    """Ends the terms of a member that end by a time, which is when the first of them does (spec 3.4, 3.5)."""
    for membership in member.memberships:
        program = None if membership.left else rulebook.program(membership.program, at_ms)
        if program is not None and membership.standing is not None:
            cause = Cause("ended", None, None, moment(at_ms), at_ms)
            end_until(Case(program, member_id, member, membership, rulebook, cause, happened), at_ms)
    member.find_due()


def _unjudged(member: Member, rulebook: Rulebook, now_ms: int) -> list[tuple[CompiledProgram, Membership]]:
    """The versions of programs by which a member has not been judged, and that hold or have held, in the order in which they came
    to hold.
    """
    found: list[tuple[CompiledProgram, Membership]] = []
    for membership in member.memberships:
        program = rulebook.program(membership.program, now_ms)
        if program is None or program.ref == membership.judged or membership.left:
            continue
        missed: Sequence[CompiledProgram] = rulebook.programs[membership.program]
        missed = missed[: missed.index(program) + 1]
        judged = next((place for place, version in enumerate(missed) if version.ref == membership.judged), len(missed) - 2)
        found += [(version, membership) for version in missed[judged + 1 :] if version.holds_from_ms <= now_ms]
    found.sort(key=lambda each: each[0].holds_from_ms)
    return found
