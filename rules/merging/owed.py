"""What the sums of two members who became one owe (spec 1.7)."""

from __future__ import annotations

from datetime import datetime

from rules.happened import Happened
from rules.members import programs_at
from rules.rulebook.conditions import holds_at
from rules.rulebook.epochs import fold, refs_of_sums
from rules.rulebook.rulebook import Rulebook
from rules.spending.ordinals import grant_owed
from rules.state import Member
from rules.times import epoch_us


def grant_what_is_owed(
    member_id: str, member: Member, rulebook: Rulebook, at: datetime, now_us: int, happened: list[Happened]
) -> None:
    """Grants, of no order, what progress has earned by then in each activity that the member has progress in and that is in force."""
    at_us = epoch_us(at)
    programs = programs_at(member, at_us)
    codes = {programs} if isinstance(programs, str) else set(programs)
    for activity in rulebook.activities.values():
        is_in_force = holds_at(activity, at_us) and codes & activity.programs
        has_progress = is_in_force and not refs_of_sums(activity).isdisjoint(member.progress)
        if has_progress and not rulebook.closings.is_closed(activity.first_ref, now_us // 1000):
            fold(member, activity)
            grant_owed(member, activity, member_id, None, at, now_us, rulebook, happened)
