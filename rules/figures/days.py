"""Members who bought, by day, each once (spec 4.6): what is remembered of a member for that, and no longer than an order may be late."""

from __future__ import annotations

from rules.state import Member

DAY_MIN = 24 * 60


def is_first_of_its_day(member: Member, last_bought_min: int, placed_min: int, oldest_min: int) -> bool:
    """Whether a purchase is the member's first of its day, UTC; minutes since the epoch.

    `last_bought_min`: when the latest before it was placed, 0 for none. `oldest_min`: nothing comes that was placed before then, but what
    is imported or was received long ago, which is not counted.
    """
    day, last, oldest = placed_min // DAY_MIN, last_bought_min // DAY_MIN, oldest_min // DAY_MIN
    if day < oldest:
        return False
    if not last_bought_min:
        return True
    if day == last:
        return False
    if day > last:
        # What was the latest day is remembered beside the new one, as long as something may come for it.
        if last >= oldest:
            _remember(member, last, oldest)
        return True
    if day in member.seldom.days:
        return False
    _remember(member, day, oldest)
    return True


def _remember(member: Member, day: int, oldest: int) -> None:
    member.seldom.days = [*(each for each in member.seldom.days if each >= oldest), day]
