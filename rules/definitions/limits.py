"""What an activity may give at most (spec 2.10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from rules.definitions.checking.fault import Fault, shown
from rules.definitions.checking.whole_set import WholeSet
from rules.definitions.fields import Amount, Count
from rules.definitions.gifts import CouponGift, Gift


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """`per_member`: grants owed to one member; `total`: grants made to all; `budget`: what the coupons of these are worth, in minor
    units of the activity's currency. None: no limit.
    """

    per_member: Count | None = None
    total: Count | None = None
    budget: Amount | None = None

    @property
    def kept(self) -> bool:
        """Whether a keeper decides, who knows what all members got."""
        return self.total is not None or self.budget is not None

    @property
    def none(self) -> bool:
        """Whether there is no limit."""
        return self.per_member is None and not self.kept


NO_LIMITS = Limits()


def budget_faults(limits: Limits, currency: str | None, gifts: Sequence[Gift], path: str, whole: WholeSet) -> Iterator[Fault]:
    """Coupons whose value is not in the money of the budget. `currency`: the activity's own; None where that cannot be told."""
    if limits.budget is None or currency is None:
        return
    for position, gift in enumerate(gifts):
        coupon: Any = whole.definition("coupon", gift.coupon) if isinstance(gift, CouponGift) else None
        found = getattr(coupon, "currency", currency)
        if found != currency:
            money = f"its value is in {found}, and the budget in {currency}, the activity's currency"
            yield Fault(f"{path}[{position}].coupon", f"{shown(coupon.code)} cannot be weighed against limits.budget: {money}")
