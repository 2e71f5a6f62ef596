"""Coupon Arrival Notification: coupons of a grant were released, and who is told where (spec 4.3)."""

from __future__ import annotations

from datetime import datetime

from rules.definitions.gifts import Notify
from rules.happened import CouponArrival, Happened
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import epoch_us, iso

_CONSENT = "mini_program"


def tell_arrival(
    member: Member,
    member_id: str,
    grant_id: str,
    notify: Notify,
    released_at: datetime,
    rulebook: Rulebook,
    happened: list[Happened],
) -> None:
    """Tells the member in each mini program that the activity's version names and he has an id in: where that is switched on when they
    are released, and he has not said no.
    """
    profile = member.seldom.profile
    if profile is None or not profile.mini_programs or not rulebook.tells_of_coupons(epoch_us(released_at)):
        return
    if profile.consents.get(_CONSENT) is False:
        return
    at = iso(released_at)
    for mini_program in dict.fromkeys(notify.mini_programs):
        user = profile.mini_programs.get(mini_program)
        if user is not None:
            happened.append(CouponArrival(grant_id, member_id, mini_program, user, notify.message, at))
