"""Ordinals: which grants a member's progress in an activity has earned (spec 2.2, 2.4, 2.5).

Sums are kept per version. With T the threshold of a version, and C and C' the total of all versions before it and with it, a version
has earned the whole thresholds between: floor(C'/T) - floor(C/T). With one version, that is floor(progress / threshold).
"""

from __future__ import annotations

from collections.abc import Sequence

from rules.documents.purchase import Purchase
from rules.happened import Grant, Happened, Threshold, grants_of
from rules.rulebook.compiled import CompiledActivity
from rules.state import Member
from rules.times import iso


def grant_owed(member: Member, activity: CompiledActivity, order: Purchase, happened: list[Happened]) -> None:
    """Grants every ordinal that progress has earned and that was not granted yet, with the gifts of the order's version."""
    granted = member.granted.get(activity.first_ref, 0)
    if granted >= activity.last_ordinal:
        return
    before, reached = (0, member.progress[activity.ref]) if activity.single else _totals(member, activity)
    owed: Sequence[int]
    if activity.steps:
        # A step that was passed without its grant, by a changed rule, never fires again (spec 2.5).
        owed = [n for n, threshold in enumerate(activity.steps, 1) if n > granted and before < threshold <= reached]
    else:
        earned = reached // activity.threshold if activity.single else _earned(member, activity)
        owed = range(granted + 1, (earned if activity.every else min(earned, 1)) + 1)
    if not owed:
        return
    first, last = owed[0], owed[-1]
    member.granted[activity.first_ref] = last
    code, member_id, order_id, at = activity.code, order.member_id, order.order_id, iso(order.placed_at)
    assert member_id is not None
    happened.append(Threshold(code, member_id, first, last, reached, order_id, at))
    grants = grants_of(code, member_id)
    for ordinal in owed:
        gifts = activity.step_gifts[ordinal - 1] if activity.steps else activity.gifts
        happened.append(Grant(f"{grants}{ordinal}", code, member_id, ordinal, order_id, at, gifts, None, activity.notify))


def too_many(member: Member, activity: CompiledActivity, added: int, max_grants: int) -> bool:
    """Whether adding that much to the activity would owe more than `max_grants` grants at once (spec 1.6)."""
    before = member.progress.get(activity.ref, 0)
    member.progress[activity.ref] = before + added
    granted = member.granted.get(activity.first_ref, 0)
    owed = _earned(member, activity) - granted if activity.every else 0
    if before:
        member.progress[activity.ref] = before
    else:
        del member.progress[activity.ref]
    return owed > max_grants


def _earned(member: Member, activity: CompiledActivity) -> int:
    """The whole thresholds that all versions together have earned."""
    earned = total = 0
    for version in activity.versions:
        before = total
        total += member.progress.get(version.ref, 0)
        earned += max(0, total) // version.threshold - max(0, before) // version.threshold
    return earned


def _totals(member: Member, activity: CompiledActivity) -> tuple[int, int]:
    """The total of all versions before this one, and with it."""
    before = 0
    for version in activity.versions:
        if version is activity:
            break
        before += member.progress.get(version.ref, 0)
    return before, before + member.progress.get(activity.ref, 0)
