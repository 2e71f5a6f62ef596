"""What an order must have to count in an activity, in the order of spec 2.3: each condition is written here and nowhere else.

The candidates of an order are found by these (candidates.py), and so is the first that kept one out (rules/explaining). Which activities
a store leaves is found by the index alone.
"""

from __future__ import annotations

from typing import Final, Literal

from rules.documents.kind import Assets
from rules.documents.purchase import Purchase
from rules.rulebook.compiled.activity import CompiledActivity

Condition = Literal[
    "type", "imported", "amount", "program", "time", "store", "service_type", "channel", "currency", "sharing", "scope", "closed"
]
# Of an activity that asks for none.
_ALL_SERVICE_TYPES: Final = 3


def holds_at(activity: CompiledActivity, at_us: int) -> bool:
    """Whether the version is in force at a time (epoch us), within its own dates."""
    return activity.from_us <= at_us < activity.until_us


def is_of(activity: CompiledActivity, programs: frozenset[str]) -> bool:
    """Whether a member of these programs takes part."""
    return not programs.isdisjoint(activity.programs)


def unmet(activity: CompiledActivity, service_type: str | None, channel: str, currency: str) -> Condition | None:
    """Of what stands on an order, the first that the activity does not count."""
    if len(activity.service_types) != _ALL_SERVICE_TYPES and service_type not in activity.service_types:
        return "service_type"
    if channel not in activity.channels:
        return "channel"
    return None if activity.currency == currency else "currency"


def unshared(activity: CompiledActivity, order: Purchase, assets: Assets) -> str:
    """What the order used that the activity may not be shared with; "" where that is nothing."""
    rule = activity.not_with
    if order.coupons and rule.coupons and (rule.coupons == "all" or not set(rule.coupons).isdisjoint(order.coupons)):
        return "coupons"
    if order.promotions and rule.promotions and (rule.promotions == "all" or not set(rule.promotions).isdisjoint(order.promotions)):
        return "promotions"
    if order.member_price and "member_price" in rule.benefits:
        return "member_price"
    if order.member_discount and "member_discount" in rule.benefits:
        return "member_discount"
    if assets.keys().isdisjoint(rule.assets):
        return ""
    return next(method for method in assets if method in rule.assets)
