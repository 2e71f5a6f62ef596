"""Members: registered by a document of their own or by their first order (spec 1.7)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import UNSET

from rules.benefits.issuing import await_issues
from rules.documents.member import CONSENTS, MemberDocument
from rules.documents.validity import InvalidDocument
from rules.finer import counts_in, registered_us, set_level_since, set_registered, set_since
from rules.levels.settling import stand_again
from rules.levels.standing import catch_up
from rules.rulebook.rulebook import Rulebook
from rules.state import FROM_EVER_MS, NEVER_MS, Member, Membership, Profile, seldom_registered
from rules.times import epoch_ms, epoch_us

# What of a member's document his profile holds as it was given.
_AS_GIVEN: Final = ("name", "phone", "birthday", "tags", "registered_channel", "organization")


def register(rulebook: Rulebook, time_ms: int, now_ms: int, at: datetime | None = None) -> Member:
    """A member not seen before, in the default program; `time_ms`: of the document that named him, `at`: where it is finer than that."""
    code = rulebook.default_program(now_ms)
    member = Member(rest=seldom_registered(time_ms))
    if at is not None:
        set_registered(member, at)
    if code is not None:
        member.memberships = [_standing_at(member, code, rulebook, time_ms, now_ms)]
    if rulebook.by_calendar:
        await_issues(member, rulebook, now_ms)
    return member


def registered_by(member: Member | None, at: datetime) -> int:
    """When a member was registered (epoch us); by a document of that time, where he is not yet (spec 1.7)."""
    return epoch_us(at) if member is None or not member.registered else registered_us(member)


def check_member(document: MemberDocument, rulebook: Rulebook) -> None:
    """Raises InvalidDocument where the document names a program that there is not, or one twice."""
    seen = set()
    for item in () if document.programs is UNSET else document.programs:
        code = item if isinstance(item, str) else item.program
        if code not in rulebook.programs:
            raise InvalidDocument("/programs", f"there is no program {code!r}; publish it first, or mend the code")
        if code in seen:
            raise InvalidDocument("/programs", f"{code!r} is listed twice")
        seen.add(code)


def change(member: Member, document: MemberDocument, rulebook: Rulebook, at: datetime, now_ms: int) -> None:
    """Changes what the document names, of that time; what it does not name stays (spec 1.7)."""
    _change_memberships(member, document, rulebook, at, now_ms)
    if document.registered_at is not None:
        set_registered(member, at)
    given = {name: value for name in _AS_GIVEN if (value := getattr(document, name)) is not None}
    mini_programs, consents = document.mini_programs, document.consents
    if not given and not mini_programs and consents is None:
        return
    profile = member.seldom.profile
    if profile is None:
        profile = member.seldom.profile = Profile()
    for name, value in given.items():
        setattr(profile, name, value)
    if mini_programs:
        profile.mini_programs = profile.mini_programs | mini_programs
    if consents is not None:
        asked = ((name, getattr(consents, name)) for name in CONSENTS)
        profile.consents = profile.consents | {name: said for name, said in asked if said is not None}


def _change_memberships(member: Member, document: MemberDocument, rulebook: Rulebook, at: datetime, now_ms: int) -> None:
    """Sets the memberships to those of the document, of that time, where it lists them (spec 1.7).

    What was spent is kept, in a program that he left as well: refunds still act where their orders contributed (spec 1.2). Who comes
    back has the level that it reaches by the version that holds now; it is not gained (spec 2.8).
    """
    if document.programs is UNSET:
        return
    present = {membership.program: membership for membership in member.memberships}
    memberships = []
    for item in document.programs:
        code, since = (item, None) if isinstance(item, str) else (item.program, item.since)
        membership = present.get(code)
        if membership is None:
            membership = _membership(member, code, rulebook, at, now_ms)
            set_since(member, membership, since, FROM_EVER_MS)
        else:
            left = membership.left
            set_since(member, membership, since, FROM_EVER_MS)
            if left:
                come_back(member, membership, rulebook, at, now_ms)
        memberships.append(membership)
        present.pop(code, None)
    for membership in present.values():
        set_since(member, membership, None, NEVER_MS)
        memberships.append(membership)
    member.memberships = memberships
    if rulebook.by_calendar:
        await_issues(member, rulebook, now_ms)
    if any(membership.standing is not None for membership in memberships):
        member.find_due()


def join(member: Member, code: str, rulebook: Rulebook, at: datetime, now_ms: int) -> Membership:
    """His membership of a program: that which he has, or one that begins with a document of that time; anew, where he had left."""
    membership = next((each for each in member.memberships if each.program == code), None)
    if membership is None:
        membership = _membership(member, code, rulebook, at, now_ms)
        member.memberships = [*member.memberships, membership]
    elif membership.left:
        membership.since_ms = FROM_EVER_MS
        come_back(member, membership, rulebook, at, now_ms)
    if rulebook.by_calendar:
        await_issues(member, rulebook, now_ms)
    return membership


def _membership(member: Member, code: str, rulebook: Rulebook, at: datetime, now_ms: int) -> Membership:
    membership = _standing_at(member, code, rulebook, epoch_ms(at), now_ms)
    if membership.level is not None:
        set_level_since(member, membership, at)
    return membership


def _standing_at(member: Member, code: str, rulebook: Rulebook, time_ms: int, now_ms: int) -> Membership:
    """A membership that begins under the version that holds now: at the level that nothing reaches, which is not gained (spec 1.7)."""
    program = rulebook.newest.get(code)
    if program is None or program.existing_from_ms > now_ms:
        program = rulebook.program_of(member, code, now_ms)
    if program is None:
        return Membership(code, FROM_EVER_MS, time_ms)
    return Membership(code, FROM_EVER_MS, time_ms, 0, program.floor, program.ref)


def come_back(member: Member, membership: Membership, rulebook: Rulebook, at: datetime, now_ms: int) -> None:
    """Sets the level of a membership that was left and begins again to what it reaches by the version that holds now."""
    program = rulebook.program_of(member, membership.program, now_ms)
    if program is None:
        return
    catch_up(member, membership, rulebook, now_ms)
    stand_again(program, member, membership, at, now_ms)


def programs_at(member: Member, time_us: int) -> str | tuple[str, ...]:
    """The programs that a member belonged to at a time (epoch us): one, or several sorted; the form that `Rulebook.candidates` takes."""
    memberships = member.memberships
    if len(memberships) == 1 and counts_in(member, memberships[0], time_us):
        return memberships[0].program
    return tuple(sorted(membership.program for membership in memberships if counts_in(member, membership, time_us)))
