"""What becomes due of a member's levels: terms end, and programs change (spec 3.4 to 3.6)."""

from __future__ import annotations

from typing import NamedTuple

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


class Missed(NamedTuple):
    """A version of a program that a membership was not judged by, from when on it is, and the one that it was judged by before; `had`: the
    last before it that was on; None where there is none.
    """

    from_ms: int
    version: CompiledProgram
    before: CompiledProgram
    had: CompiledProgram | None
    membership: Membership


def unjudged_from_ms(member: Member, rulebook: Rulebook, now_ms: int) -> int:
    """From when the first version of a program holds that the member has not been judged by; NEVER_MS where there is none by now."""
    programs = rulebook.programs
    for membership in member.memberships:
        versions = programs.get(membership.program)
        if versions is not None and versions[-1].ref != membership.judged:
            return min((missed.from_ms for missed in _unjudged(member, rulebook, now_ms)), default=NEVER_MS)
    return NEVER_MS


def judge_changed(member_id: str, member: Member, rulebook: Rulebook, now_ms: int, happened: list[Happened]) -> None:
    """Brings a member's levels to what the programs say that have come to hold by then, and that he has not been judged by (spec 3.6).

    Each version is judged by as of when it came to hold: so what comes of it is the same whether it is done at once, in a sweep, or when
    his next document comes.
    """
    for from_ms, version, before, had, membership in _unjudged(member, rulebook, now_ms):
        # The first version holds from ever: of a record that does not say by which version it was judged.
        since_ms = from_ms if from_ms != ALWAYS_MS else membership.level_since_ms
        cause = Cause("rule", None, None, moment(since_ms), now_ms)
        base = risen_from(version, rulebook, membership.program, membership.level)
        case = Case(version, member_id, member, membership, rulebook, cause, happened, base)
        adapt(before, version, membership, since_ms)
        settle_and_add(case, before, had)
        membership.judged = version.ref


def would_change(member: Member, rulebook: Rulebook, now_ms: int) -> bool:
    """Whether `judge_changed` may change something of the member, who is left as he is."""
    return any(_would_change(missed) for missed in _unjudged(member, rulebook, now_ms))


def _would_change(missed: Missed) -> bool:
    _, version, before, had, membership = missed
    has_terms = version.standard is not None or membership.standing is not None
    recounts = version.points != before.points or not version.counts_as(before)
    if not version.judges_as(before) and (has_terms or recounts):
        return True
    if version.by_calendar or membership.level in version.added_to(had):
        # It has something for who holds the level, beside the level.
        return True
    return version.off != before.off or (not version.off and held(version, membership) != membership.level)


def catch_up(member: Member, membership: Membership, rulebook: Rulebook, now_ms: int) -> None:
    """Has what is remembered of a membership that was left fit the version that holds now. It shows no level meanwhile."""
    for missed in _missed(member, membership, rulebook, now_ms):
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
            cause = Cause("ended", None, None, moment(at_ms), at_ms)
            end_until(Case(program, member_id, member, membership, rulebook, cause, happened), at_ms)
    member.find_due()


def _unjudged(member: Member, rulebook: Rulebook, now_ms: int) -> list[Missed]:
    """The versions of programs by which a member has not been judged, and that hold or have held, in the order in which they came
    to hold.
    """
    found: list[Missed] = []
    for membership in member.memberships:
        if not membership.left:
            found += _missed(member, membership, rulebook, now_ms)
    found.sort(key=lambda missed: missed.from_ms)
    return found


def _missed(member: Member, membership: Membership, rulebook: Rulebook, now_ms: int) -> list[Missed]:
    line = rulebook.versions_of(member, membership.program, now_ms)
    # A version is judged by but once, and none that came before it any more.
    place = next((place for place, (_, version) in enumerate(line) if version.ref > membership.judged), len(line))
    if membership.judged < 0:
        # Of which version is not known: by the newest.
        place = max(len(line) - 1, 0)
    before = next((each for each in rulebook.programs.get(membership.program, ()) if each.ref == membership.judged), None)
    found = []
    had = next((version for _, version in reversed(line[:place]) if not version.off), None)
    for at, (from_ms, version) in enumerate(line[place:], place):
        before = before or line[max(at - 1, 0)][1]
        found.append(Missed(from_ms, version, before, had, membership))
        had = had if version.off else version
        before = version
    return found
