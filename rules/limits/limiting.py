"""A grant that is owed: made, refused, or for the keeper of its activity to decide (spec 2.10)."""

from __future__ import annotations

from rules.definitions.limits import Limits
from rules.happened import Asked, Grant, Happened
from rules.limits.refusing import refuse
from rules.limits.worth import worth
from rules.rulebook.rulebook import Rulebook
from rules.state import Member


def limited(
    member: Member,
    limits: Limits,
    grant: Grant,
    nth: int,
    at_us: int,
    now_us: int,
    rulebook: Rulebook,
    happened: list[Happened],
) -> bool:
    """Whether a grant is not to be made now: it is refused, or a keeper was asked, who decides what comes of it.

    `limits`: of its version. `nth`: which of the grants owed to the member in the activity it is, over all versions, from 1. `at_us`: as of
    when its coupons are valued (epoch us). `now_us`: when it is owed, by the clock (epoch us).
    """
    if limits.per_member is not None and nth > limits.per_member:
        refuse(member, grant, "per_member", rulebook, happened)
        return True
    if not limits.kept:
        return False
    happened.append(
        Asked(limits.total, limits.budget, worth(grant.gifts, at_us, rulebook.coupons), grant, now_us // 1000, now_us % 1000)
    )
    return True
