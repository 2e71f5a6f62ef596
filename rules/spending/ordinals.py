"""Ordinals: which grants a member's progress in an activity has earned (spec 2.2, 2.4, 2.5).

Sums are kept by threshold epoch (rules/rulebook/epochs.py). With T the threshold of one, and C and C' the total of all before it and with
it, each at least 0, it has earned the whole thresholds between: floor(C'/T) - floor(C/T). With one epoch, that is floor(progress / T).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from rules.gifts.made_by import remember_version
from rules.gifts.making import make
from rules.happened import Grant, Happened, Threshold, grants_of
from rules.limits.limiting import limited
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import epoch_us, iso


def grant_owed(
    member: Member,
    activity: CompiledActivity,
    member_id: str,
    order_id: str | None,
    occurred_at: datetime,
    now_us: int,
    rulebook: Rulebook,
    happened: list[Happened],
) -> None:
    """Grants every ordinal that progress has earned and that was not granted yet, with the gifts of this version: that of the order, or
    (None) of when members became one. `now_us`: when that came, by the clock (epoch us).
    """
    granted = member.granted.get(activity.first_ref, 0)
    if granted >= activity.last_ordinal:
        return
    reached = total(member, activity) if activity.epochs else member.progress.get(activity.epoch, 0)
    owed: Sequence[int]
    if activity.every:
        all_earned = earned(member, activity) if activity.epochs else reached // activity.threshold
        owed = range(granted + 1, all_earned + 1)
    elif activity.steps:
        owed = [n for n, threshold in enumerate(activity.steps, 1) if n > granted and threshold <= reached]
    else:
        owed = (1,) if reached >= activity.threshold else ()
    if not owed:
        return
    first, last = owed[0], owed[-1]
    member.granted[activity.first_ref] = last
    if activity.reshaped:
        remember_version(member, activity.first_ref, first, activity, rulebook)
    code, version, at = activity.code, activity.version, iso(occurred_at)
    happened.append(Threshold(code, member_id, first, last, reached, order_id, at))
    ids, limits = grants_of(code, member_id), activity.limits
    making: list[Grant] = []
    for ordinal in owed:
        gifts = activity.step_gifts[ordinal - 1] if activity.steps else activity.gifts
        grant = Grant(f"{ids}{ordinal}", code, member_id, ordinal, order_id, at, gifts, version, None, activity.notify)
        # An ordinal is the number of grants owed by then.
        if limits is None or not limited(member, limits, grant, ordinal, epoch_us(occurred_at), now_us, rulebook, happened):
            making.append(grant)
    # Each step has terms of its own.
    for grants in [[grant] for grant in making] if activity.steps else [making]:
        if grants:
            terms = activity.terms_of(grants[0].ordinal or 0)
            make(member, activity, terms, grants, "", occurred_at, now_us, rulebook, happened)


def would_owe(member: Member, activity: CompiledActivity, added: int) -> int:
    """How many grants adding that much to the activity would owe at once (spec 1.6); of `once`, which are few, none are counted."""
    if not activity.every:
        return 0
    before = member.progress.get(activity.epoch, 0)
    member.progress[activity.epoch] = before + added
    owed = earned(member, activity) - member.granted.get(activity.first_ref, 0)
    if before:
        member.progress[activity.epoch] = before
    else:
        del member.progress[activity.epoch]
    return max(0, owed)


def earned(member: Member, activity: CompiledActivity) -> int:
    """The whole thresholds that all epochs together have earned."""
    progress = member.progress
    if not activity.epochs:
        reached = progress.get(activity.epoch, 0)
        return reached // activity.threshold if reached > 0 else 0
    thresholds = sum_ = at_least_0 = 0
    for epoch, threshold in _epochs(member, activity):
        added = progress.get(epoch, 0)
        if added:
            sum_ += added
            before, at_least_0 = at_least_0, sum_ if sum_ > 0 else 0
            thresholds += at_least_0 // threshold - before // threshold
    return thresholds


def total(member: Member, activity: CompiledActivity) -> int:
    """The total of all epochs."""
    return sum(member.progress.get(epoch, 0) for epoch, _ in _epochs(member, activity))


def _epochs(member: Member, activity: CompiledActivity) -> Iterable[tuple[int, int]]:
    """Those in which the member may have a sum, oldest first, with their thresholds."""
    progress, epochs = member.progress, activity.epochs
    if len(progress) >= len(epochs):
        return epochs.items() or ((activity.epoch, activity.threshold),)
    # Of a threshold that was changed often he has sums in few.
    return [(epoch, epochs[epoch]) for epoch in sorted(progress) if epoch in epochs]
