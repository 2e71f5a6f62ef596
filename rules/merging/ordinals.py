"""The ordinals that two members were given, as those of one (spec 1.7, 2.4)."""

from __future__ import annotations

from rules.limits.runs import add_run
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.rulebook import Rulebook
from rules.state import Member


def add_ordinals(member: Member, old: Member, rulebook: Rulebook) -> None:
    """Adds the grants that the old one was owed to the member's, and with them ordinals given: those of steps as well.

    Ordinals that are used up by that were never given under the member's own id: a claim of one finds none, as of those that a limit
    refused.
    """
    for first_ref, his in old.granted.items():
        mine = member.granted.get(first_ref, 0)
        activity = rulebook.granting.get(first_ref)
        member.granted[first_ref] = mine + his
        if his and activity is not None and isinstance(rulebook.granting_of(activity.code)[-1], CompiledActivity):
            add_run(member.seldom.for_claims.setdefault(first_ref, []), mine + 1, mine + his)
