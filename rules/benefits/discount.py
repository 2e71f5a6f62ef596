"""A part or an amount off a cart (spec 3.8)."""

from __future__ import annotations

from rules.benefits.benefit import Benefit, BenefitKind
from rules.benefits.worth import Worth, hundredths
from rules.definitions.fields import Count, Percentage


class Discount(Benefit, frozen=True, kw_only=True, tag="discount", tag_field="kind"):
    """The definition: one of `percentage` and `amount` (minor units); over a minimum, where it `requires` one."""

    percentage: Percentage | None = None
    amount: Count | None = None


def worth(discount: Discount) -> Worth:
    """Of one that lacks nothing."""
    return Worth(0 if discount.percentage is None else hundredths(discount.percentage) or 0, discount.amount or 0)


def lacks(discount: Discount) -> str | None:
    """See BenefitKind."""
    if (discount.percentage is None) == (discount.amount is None):
        return "one of percentage and amount"
    if discount.percentage is not None and hundredths(discount.percentage) is None:
        return "a percentage of two decimals at most"
    return None


DISCOUNT = BenefitKind(shape=Discount, worth=worth, lacks=lacks)
