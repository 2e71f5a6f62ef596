"""Times of a member to the microsecond (spec 1.1): kept are milliseconds, and beside them such as documents gave finer, as they were.

Most times are of whole milliseconds, and of these nothing more is kept. What is kept of a time that was set anew since is of another
millisecond, and says nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from rules.state import ALWAYS_US, FROM_EVER_MS, Member, Membership, Profile
from rules.times import epoch_ms, epoch_us, finer_us, moment_us, rounded_up_ms

# Of a member; and, with the program's code, of a membership.
_REGISTERED: Final = "r"
_SINCE: Final = "s"
_LEVEL: Final = "l"


def registered_us(member: Member) -> int:
    """When a member was registered (epoch us)."""
    return _rounded_down(member, _REGISTERED, member.seldom.registered_ms)


def set_registered(member: Member, at: datetime) -> None:
    """A member was registered then."""
    member.seldom.registered_ms = epoch_ms(at)
    _keep(member, _REGISTERED, at)


def keep_registration(member: Member, at: datetime) -> None:
    """A member who is new was registered at just that time, and holds his levels since then."""
    registered_ms = member.seldom.registered_ms
    set_registered(member, at)
    for membership in member.memberships:
        if membership.level is not None and membership.level_since_ms == registered_ms:
            set_level_since(member, membership, at)


def set_since(member: Member, membership: Membership, since: datetime | None, whole_ms: int) -> None:
    """From when on documents count in a membership: `since`, or where that is None, `whole_ms`. It is kept rounded up: so what is no
    earlier than that counts for sure.
    """
    if since is None:
        membership.since_ms = whole_ms
    else:
        membership.since_ms = rounded_up_ms(epoch_us(since))
        _keep(member, _SINCE + membership.program, since)


def counts_in(member: Member, membership: Membership, time_us: int) -> bool:
    """Whether what is of a time (epoch us) counts in a membership (spec 1.7)."""
    later_us = membership.since_ms * 1000 - time_us
    if membership.since_ms == FROM_EVER_MS:
        return True
    if not 0 < later_us < 1000:
        return later_us <= 0
    return _since_us(member, membership) <= time_us


def level_since(member: Member, membership: Membership) -> datetime:
    """Since when a membership's level is held."""
    return moment_us(_rounded_down(member, _LEVEL + membership.program, membership.level_since_ms))


def set_level_since(member: Member, membership: Membership, since: datetime) -> None:
    """A membership's level is held since then."""
    since_ms = epoch_ms(since)
    if finer_us(since) or since_ms == membership.level_since_ms:
        _keep(member, _LEVEL + membership.program, since)
    membership.level_since_ms = since_ms


def take_level_since(member: Member, membership: Membership, other: Member, his: Membership) -> None:
    """Has a membership's level be held since when another member's is, in the same program."""
    set_level_since(member, membership, level_since(other, his))


def take_earlier_since(member: Member, membership: Membership, other: Member, his: Membership) -> None:
    """Has documents count in a membership from when on they did in another member's, where that is earlier."""
    if (since_us := _since_us(other, his)) < _since_us(member, membership):
        set_since(member, membership, moment_us(since_us) if since_us % 1000 else None, his.since_ms)


def take_all(member: Member, membership: Membership, other: Member) -> None:
    """Has a membership that was another member's be this one's."""
    kept = {} if other.seldom.profile is None else other.seldom.profile.exact_us
    for place in (_SINCE + membership.program, _LEVEL + membership.program):
        if place in kept:
            _keep(member, place, moment_us(kept[place]))


def _since_us(member: Member, membership: Membership) -> int:
    if membership.since_ms == FROM_EVER_MS:
        return ALWAYS_US
    exact_us, since_ms = _kept(member, _SINCE + membership.program), membership.since_ms
    return exact_us if rounded_up_ms(exact_us) == since_ms else since_ms * 1000


def _rounded_down(member: Member, place: str, time_ms: int) -> int:
    exact_us = _kept(member, place)
    return exact_us if exact_us // 1000 == time_ms else time_ms * 1000


def _kept(member: Member, place: str) -> int:
    profile = member.seldom.profile
    return 0 if profile is None else profile.exact_us.get(place, 0)


def _keep(member: Member, place: str, time: datetime) -> None:
    seldom = member.seldom
    if finer_us(time):
        if seldom.profile is None:
            seldom.profile = Profile()
        seldom.profile.exact_us[place] = epoch_us(time)
    elif seldom.profile is not None:
        seldom.profile.exact_us.pop(place, None)
