"""In which activities a member is counted for the first time (spec 2.7), and what is remembered of him for that.

Whoever has more than 0 in a sum of an activity was counted there. So an order has nothing remembered: what leaves nothing of a sum does, by
an ordinal of 0 in `Member.granted` where nothing was granted yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.epochs import refs_of_sums
from rules.rulebook.rulebook import Rulebook
from rules.state import Member

# Of a member as he was before an order: when he had bought last, and how many sums he had; where one was of nothing, or may stand under
# another ref by now, none, and all his sums and ordinals.
Before = tuple[int, int, tuple[Mapping[int, int], Mapping[int, int]] | None]


def as_before(member: Member, rulebook: Rulebook) -> Before:
    """Who is about to buy something."""
    progress = member.progress
    # What is folded was kept by a release from before figures (rules/rulebook/epochs.py).
    if progress and (min(progress.values()) <= 0 or (rulebook.folded and not rulebook.folded.isdisjoint(progress))):
        return member.last_bought_min, 0, (dict(progress), dict(member.granted))
    return member.last_bought_min, len(progress), None


def first_counted(member: Member, before: Before, refs: Sequence[int], rulebook: Rulebook) -> tuple[int, ...]:
    """In which activities a member counts for the first time, by the refs of their epochs, with an order that counted in these versions
    (refs).
    """
    _, known, as_he_was = before
    progress = member.progress
    if as_he_was is None:
        # Sums that are new stand last.
        new = tuple(progress)[known:]
        if not known or rulebook.epochs.isdisjoint(new):
            return new
        return tuple([epoch for epoch in new if not _has_another(member, epoch, rulebook.activities[epoch])])
    sums, granted = as_he_was
    first = []
    for activity in [rulebook.activities[ref] for ref in refs]:
        if activity.first_ref in granted or any(sums.get(ref, 0) > 0 for ref in refs_of_sums(activity)):
            continue
        if progress[activity.epoch] <= 0:
            member.granted.setdefault(activity.first_ref, 0)
        first.append(activity.epoch)
    return tuple(first)


def _has_another(member: Member, epoch: int, activity: CompiledActivity) -> bool:
    """Whether a member has a sum of another epoch of its activity; all his sums were above 0 before the order."""
    return any(other in member.progress for other in activity.epochs if other != epoch)


def remember_counted(member: Member, old: Member, rulebook: Rulebook) -> None:
    """Before the sums of two members who became one are added up."""
    for epoch, his in old.progress.items():
        mine = member.progress.get(epoch, 0)
        activity = rulebook.activities.get(epoch)
        if mine + his <= 0 < max(mine, his) and activity is not None:
            member.granted.setdefault(activity.first_ref, 0)
