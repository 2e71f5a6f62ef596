"""The ordinals that two members were given, as those of one (spec 1.7, 2.4)."""

from __future__ import annotations

from rules.rulebook.compiled import CompiledActivity
from rules.rulebook.rulebook import Rulebook
from rules.state import Member


def add_ordinals(member: Member, old: Member, rulebook: Rulebook) -> None:
    """Adds the grants that the old one was owed to the member's. A step is given once, whoever was given it: its place is its ordinal.

    Ordinals that are used up by that were never given under the member's own id: a claim of one finds none, as of those that a limit
    refused.
    """
    for first_ref, his in old.granted.items():
        mine = member.granted.get(first_ref, 0)
        activity = rulebook.granting.get(first_ref)
        if activity is not None:
            activity = rulebook.granting_of(activity.code)[-1]
        spent_for = isinstance(activity, CompiledActivity)
        both = max(mine, his) if isinstance(activity, CompiledActivity) and activity.steps else mine + his
        member.granted[first_ref] = both
        if spent_for and both > mine:
            member.seldom.refused.setdefault(first_ref, []).extend((mine + 1, both))
