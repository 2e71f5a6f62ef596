"""Sums that are kept must fit into 64 bits: a document that would make one larger is a mistake, and refused (spec 1.6)."""

from __future__ import annotations

from typing import Final

from rules.documents.validity import InvalidDocument
from rules.rulebook.compiled.activity import CompiledActivity
from rules.state import Member

# Far from what 64 bits hold: documents that add less than this each are not looked at, however many they are.
MAX_SUM: Final = 2**62
LARGE: Final = 2**31


def take_off(member: Member, activity: CompiledActivity, taken: int, *, figured: bool) -> None:
    """Lowers a member's sum of an activity. `figured`: figures are kept, which ask who was ever counted in it (spec 2.7)."""
    before = member.progress.get(activity.epoch, 0)
    left = member.progress[activity.epoch] = before - taken
    if figured and left <= 0 < before:
        member.granted.setdefault(activity.first_ref, 0)


def check_sums(member: Member) -> None:
    """After a document that adds much. Raises InvalidDocument."""
    sums = [*member.progress.values(), *(membership.spent for membership in member.memberships)]
    for found in sums:
        if not -MAX_SUM <= found <= MAX_SUM:
            raise InvalidDocument(
                "/lines", f"with them, what the member has spent comes to {found}, more than can be kept ({MAX_SUM})"
            )
