"""What comes of a level that was gained: the tier_upgrades for it grant (spec 2.8)."""

from __future__ import annotations

from rules.gifts.making import make
from rules.happened import Grant, Happened, grants_of
from rules.levels.cause import Cause
from rules.limits.limiting import limited
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import epoch_ms, iso


def grant_upgrades(member_id: str, member: Member, level: str, rulebook: Rulebook, cause: Cause, happened: list[Happened]) -> None:
    """A level (program/level) was gained: each tier_upgrade for it grants, by the version that holds then (spec 2.8)."""
    gained = member.gained
    gains = gained[level] = gained.get(level, 0) + 1
    activities = rulebook.upgrades.get(level)
    if activities is None:
        return
    gained_ms, at = epoch_ms(cause.occurred_at), iso(cause.occurred_at)
    for activity in activities:
        if not activity.from_ms <= gained_ms < activity.until_ms or rulebook.closings.is_closed(activity.first_ref, cause.now_ms):
            continue
        fired = f"{activity.first_ref}/{level}"
        if not activity.regain and fired in gained:
            continue
        # One by an imported order was the first gain within the activity's dates all the same.
        gained[fired] = 0 if cause.imported else gains
        if cause.imported:
            continue
        gain = f"/{gains}" if activity.regain else ""
        label = f"{level}{gain}"
        grant = Grant(
            f"{grants_of(activity.code, member_id)}{label}",
            activity.code,
            member_id,
            None,
            cause.order_id,
            at,
            activity.gifts,
            activity.version,
            level,
            activity.notify,
        )
        # Of a tier_upgrade, `granted` is how many grants were owed.
        nth = member.granted[activity.first_ref] = member.granted.get(activity.first_ref, 0) + 1
        limits = activity.limits
        if limits is None or not limited(limits, grant, nth, gained_ms, cause.now_ms, rulebook, happened):
            make(member, activity, activity.terms, [grant], label, cause.occurred_at, cause.now_ms, rulebook, happened)
