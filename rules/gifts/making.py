"""Grants made: what of them is released at once, and what is remembered until it is released or claimed (spec 2.6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final

from rules.gifts.arrivals import tell_arrival
from rules.gifts.release_times import next_release_ms
from rules.gifts.released import Release, claimable, release
from rules.gifts.terms import Granting, Terms
from rules.gifts.waiting import Unreleased
from rules.happened import Grant, Happened, Valid, grants_of
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import epoch_ms, iso, moment_us

# Times by the clock follow one another, and what was appended at once has one.
_TIMES_REMEMBERED: Final = 64


@lru_cache(maxsize=_TIMES_REMEMBERED)
def _now(now_us: int) -> tuple[datetime, str]:
    now = moment_us(now_us)
    return now, iso(now)


def make(
    member: Member,
    version: Granting,
    terms: Terms,
    grants: Sequence[Grant],
    label: str,
    occurred_at: datetime,
    now_us: int,
    rulebook: Rulebook,
    happened: list[Happened],
    at_once: bool = False,
) -> None:
    """Makes grants of one version to a member: of ordinals that follow one another, or one that has a label (rules/gifts/waiting.py).

    What is instant is released with them, at the later of the order's time and now (epoch us). `at_once`: so is everything.
    """
    released_at, text, valid = released_with(terms, occurred_at, now_us, at_once)
    for grant in grants:
        grant.released_at = text
        grant.valid = valid
        happened.append(grant)
    if not terms.plain:
        _release_and_keep(member, version, terms, grants, label, released_at, rulebook, happened, at_once)


def released_with(
    terms: Terms, occurred_at: datetime, now_us: int, at_once: bool = False
) -> tuple[datetime, str | None, list[Valid | None] | None]:
    """When what is instant is released; and what its grant says of that: its `released_at` and `valid`."""
    released_at, told = _now(now_us)
    if occurred_at > released_at:
        released_at, told = occurred_at, iso(occurred_at)
    text = told if terms.instant or at_once else None
    return released_at, text, _valid(terms, text, epoch_ms(released_at)) if terms.with_grant and text is not None else None


def make_decided(member: Member, grant: Grant, now_us: int, rulebook: Rulebook, happened: list[Happened]) -> None:
    """Makes a grant that was owed at a time by the clock, and of which it was to be decided whether it is made (spec 2.10)."""
    assert grant.activity is not None, "only an activity's grants are limited"
    version = next(each for each in rulebook.granting_of(grant.activity) if each.version == grant.version)
    label = "" if grant.ordinal is not None else grant.grant_id.removeprefix(grants_of(grant.activity, grant.member_id))
    occurred_at = datetime.fromisoformat(grant.occurred_at)
    make(member, version, version.terms_of(grant.ordinal or 0), [grant], label, occurred_at, now_us, rulebook, happened)


def _valid(terms: Terms, text: str, released_ms: int) -> list[Valid | None]:
    return [gift.valid(text, released_ms) if gift.instant and not gift.by_member else None for gift in terms.gifts]


def _release_and_keep(
    member: Member,
    version: Granting,
    terms: Terms,
    grants: Sequence[Grant],
    label: str,
    released_at: datetime,
    rulebook: Rulebook,
    happened: list[Happened],
    at_once: bool,
) -> None:
    """Releases what is released at once and not told of by the grant; keeps what waits."""
    first, last = (0, 0) if label else (grants[0].ordinal or 0, grants[-1].ordinal or 0)
    now = [gift for gift in terms.gifts if gift.instant or at_once]
    told = [gift for gift in now if gift.by_member or not gift.instant]
    releasing = Release(version, terms, released_at)
    for grant in grants:
        for gift in told:
            happened.append(release(releasing, gift, grant.grant_id, grant.member_id))
    if terms.notify is not None and any(gift.is_coupon for gift in now):
        for grant in grants:
            tell_arrival(member, grant.member_id, grant.grant_id, terms.notify, released_at, rulebook, happened)
    by_member = [gift for gift in now if gift.by_member]
    if by_member:
        member.wait_for(claimable(releasing, by_member, first, last, label))
    if at_once:
        return
    released_ms = epoch_ms(released_at)
    for daily in (False, True):
        if terms.unreleased(daily):
            due_ms = next_release_ms(released_ms, daily, terms.timezone)
            member.wait_for(Unreleased(due_ms, version.ref, daily, first, last, label))
