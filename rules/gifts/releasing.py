"""Gifts released at a full hour or midnight, where their ground stands; held where it does not, until it stands again (spec 2.6)."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from msgspec.structs import replace

from rules.gifts.arrivals import tell_arrival
from rules.gifts.grounds import stands_up_to
from rules.gifts.release_times import next_release_ms
from rules.gifts.released import Release, claimable, release
from rules.gifts.terms import Granting
from rules.gifts.waiting import HELD_MS, Unreleased, labels
from rules.happened import Happened, grants_of
from rules.rulebook.rulebook import Rulebook
from rules.state import NEVER_MS, Member
from rules.times import moment

# A million gifts are due at one time.
_TIMES_REMEMBERED = 64


@lru_cache(_TIMES_REMEMBERED)
def _at(due_ms: int) -> datetime:
    return moment(due_ms)


def first_due_ms(member: Member) -> int:
    """When the first gift of a member is due to be released, or forgotten by whoever was to claim it; NEVER_MS where none is."""
    if member.due == NEVER_MS:
        return NEVER_MS
    rest, due_ms = member.seldom, NEVER_MS
    for waits in rest.unreleased:
        if waits.due_ms < due_ms and waits.due_ms != HELD_MS:
            due_ms = waits.due_ms
    for gifts in rest.claimable:
        if gifts.until_ms < due_ms:
            due_ms = gifts.until_ms
    return due_ms


def release_due(member_id: str, member: Member, rulebook: Rulebook, due_ms: int, happened: list[Happened]) -> None:
    """Releases what is due by that time, as of then; forgets what nobody has claimed for so long."""
    rest = member.seldom
    due = [waits for waits in rest.unreleased if waits.due_ms <= due_ms]
    rest.unreleased = [waits for waits in rest.unreleased if waits.due_ms > due_ms]
    rest.claimable = [waits for waits in rest.claimable if waits.until_ms > due_ms]
    arrived: dict[str, Release] = {}
    for waits in due:
        version = rulebook.granting[waits.ref]
        upto = stands_up_to(member, version, waits, rulebook, due_ms)
        if upto >= waits.first:
            _release(member_id, member, version, waits, upto, due_ms, arrived, happened)
        if upto < waits.last and not rulebook.closings.is_closed(version.first_ref, due_ms):
            # Once its books are closed nothing can carry it any more.
            rest.unreleased.append(replace(waits, due_ms=HELD_MS, first=max(waits.first, upto + 1)))
    for grant_id, releasing in arrived.items():
        # One for the coupons that are released together (spec 4.3).
        assert releasing.terms.notify is not None
        tell_arrival(member, member_id, grant_id, releasing.terms.notify, releasing.at, rulebook, happened)
    member.find_due()


def _release(
    member_id: str,
    member: Member,
    version: Granting,
    waits: Unreleased,
    upto: int,
    due_ms: int,
    arrived: dict[str, Release],
    happened: list[Happened],
) -> None:
    """Releases what waits so of the grants up to an ordinal. `arrived`: by grant, where somebody is to be told of coupons."""
    terms = version.terms_of(waits.first)
    releasing = Release(version, terms, _at(due_ms))
    gifts = terms.unreleased(waits.daily)
    ids = grants_of(version.code, waits.of or member_id)
    for label in labels(waits, waits.first, upto):
        grant_id = ids + label
        for gift in gifts:
            happened.append(release(releasing, gift, grant_id, member_id))
        if terms.notify is not None and any(gift.is_coupon for gift in gifts):
            arrived[grant_id] = releasing
    by_member = [gift for gift in gifts if gift.by_member]
    if by_member:
        member.wait_for(claimable(releasing, by_member, waits.first, upto, waits.label, waits.of))


def carry_again(member: Member, rulebook: Rulebook, now_ms: int) -> None:
    """Something happened to the member: what was held, and whose ground stands again, is due at the next full hour or midnight."""
    unreleased = member.seldom.unreleased
    if not any(waits.due_ms == HELD_MS for waits in unreleased):
        return
    for place, waits in enumerate(list(unreleased)):
        if waits.due_ms != HELD_MS:
            continue
        version = rulebook.granting[waits.ref]
        upto = stands_up_to(member, version, waits, rulebook, now_ms)
        if upto < waits.first:
            continue
        due_ms = next_release_ms(now_ms, waits.daily, version.terms_of(waits.first).timezone)
        unreleased[place] = replace(waits, due_ms=due_ms, last=upto)
        if upto < waits.last:
            unreleased.append(replace(waits, first=upto + 1))
        member.wait_until(due_ms)
