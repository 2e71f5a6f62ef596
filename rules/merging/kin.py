"""What is remembered of an id that leads to a member: what was granted under it, until then (spec 1.7, 2.6)."""

from __future__ import annotations

from rules.state import Kin, Member, Seldom


def as_he_was(member: Member, old_id: str) -> Member:
    """Who an id was that leads to the member, as far as it is remembered: what is changed of that is remembered too. His profile is the
    member's. Raises LookupError where the id does not lead here.
    """
    kin = next((each for each in member.seldom.kin if each.member_id == old_id), None)
    if kin is None:
        raise LookupError(f"{old_id!r} does not lead to this member")
    return member_of(kin, member)


def member_of(kin: Kin, member: Member) -> Member:
    """The same of one that does."""
    remembered = Seldom(gained=kin.gained, profile=member.seldom.profile, for_claims=kin.for_claims, made_runs=kin.made_runs)
    return Member(granted=kin.granted, rest=remembered)
