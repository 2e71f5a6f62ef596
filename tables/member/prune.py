"""What a member's record need not hold any longer: all that is of activities whose books are closed."""

from __future__ import annotations

from rules.gifts.waiting import HELD_MS, PUT_BY
from rules.rulebook.closings import Closed
from rules.state import NEVER_MS, Member


def prune(member: Member, closed: Closed) -> None:
    """Drops what a member has of these activities. Called where more are closed than when he was last pruned. Whoever has gifts of one that
    were due to be released by then is pruned once they are: their ground is looked at as it was.
    """
    refs = closed.refs
    if member.due != NEVER_MS and member.seldom.unreleased and _are_due(member, closed):
        return
    if not refs.isdisjoint(member.progress):
        member.progress = {ref: total for ref, total in member.progress.items() if ref not in refs}
    if not refs.isdisjoint(member.granted):
        member.granted = {ref: ordinal for ref, ordinal in member.granted.items() if ref not in refs}
    if member.seldom.for_claims:
        member.seldom.for_claims = {key: runs for key, runs in member.seldom.for_claims.items() if not _of_grants(key, closed)}
    if closed.upgrades:
        if any(_of(name, closed) for name in member.gained):
            member.seldom.gained = {name: times for name, times in member.gained.items() if not _of(name, closed)}
        seldom = member.seldom
        if not refs.isdisjoint(seldom.given):
            seldom.given = [ref for ref in seldom.given if ref not in refs]
            seldom.claims = {name: at_us for name, at_us in seldom.claims.items() if int(name.partition("/")[0]) not in refs}
    if closed.bulks and not closed.bulks.isdisjoint(member.seldom.made_runs):
        member.seldom.made_runs = {ref: made for ref, made in member.seldom.made_runs.items() if ref not in closed.bulks}
    member.pruned = closed.count


def _are_due(member: Member, closed: Closed) -> bool:
    """Whether gifts are still due; those that are held nothing can carry any more."""
    rest = member.seldom
    rest.unreleased = [gifts for gifts in rest.unreleased if gifts.due_ms != HELD_MS or gifts.ref not in closed.refs]
    # Of which activity those are that are put by is not looked up: he is pruned once they are released.
    return any(gifts.ref in closed.refs or gifts.ref == PUT_BY for gifts in rest.unreleased)


def _of(name: str, closed: Closed) -> bool:
    """Whether a key of `gained` (ref/program/level, or program/level) is of such a tier_upgrade."""
    parts = name.split("/")
    return len(parts) == 3 and int(parts[0]) in closed.upgrades


def _of_grants(key: int | str, closed: Closed) -> bool:
    """Whether a key of `for_claims` is of such an activity: ref, ref/program/level, and what begins with "by/"."""
    if isinstance(key, int):
        return key in closed.refs
    ref = key.removeprefix("by/").partition("/")[0]
    return ref.isdecimal() and int(ref) in closed.refs
