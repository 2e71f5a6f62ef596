"""Threshold epochs: runs of an activity's versions that earn by one sum (spec 2.5).

With T the threshold of a version, and C and C' the totals before it and with it, a version of `every` earns floor(C'/T) - floor(C/T).
Of versions with one T that follow each other these add up to the same formula over the run: so one sum is kept for it, whatever else its
versions change. `once` looks at the total of all versions alone: all of them are one run.
"""

from __future__ import annotations

from collections.abc import Sequence

from rules.rulebook.compiled.activity import CompiledActivity
from rules.state import Member


def set_epochs(versions: Sequence[CompiledActivity]) -> None:
    """Tells the versions of an activity, oldest first, their epochs. An epoch's ref is that of its first version."""
    epochs: list[tuple[int, int]] = []
    folded: dict[int, int] = {}
    for version in versions:
        if not epochs or (version.every and version.threshold != epochs[-1][1]):
            epochs.append((version.ref, version.threshold))
        else:
            folded[version.ref] = epochs[-1][0]
        version.epoch = epochs[-1][0]
    one_threshold = len({version.threshold for version in versions}) == 1
    several = dict(epochs) if len(epochs) > 1 else {}
    for version in versions:
        if not one_threshold:
            version.stride = 1
        version.epochs = several
        version.folded = folded


def refs_of_sums(activity: CompiledActivity) -> frozenset[int]:
    """Under what sums of any of its versions may stand."""
    return frozenset((activity.epoch, *activity.epochs, *activity.folded))


def fold(member: Member, activity: CompiledActivity) -> None:
    """Brings together what an older release kept by version."""
    progress, folded = member.progress, activity.folded
    for ref in [ref for ref in progress if ref in folded]:
        epoch = folded[ref]
        progress[epoch] = progress.get(epoch, 0) + progress.pop(ref)
