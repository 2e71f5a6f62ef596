"""What must hold of one activity beyond its shape (spec 2.1, 2.2, 2.6, 2.8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from rules.definitions.checking.fault import Fault, under
from rules.definitions.checking.shape import shape_faults
from rules.definitions.checking.world import currency_faults, timezone_faults
from rules.definitions.shapes import (
    Activity,
    Condition,
    CouponGift,
    CumulativeSpend,
    FixedValidity,
    Gift,
    NotWith,
    RelativeValidity,
    StoreScope,
    TierUpgrade,
)

SERVICE_TYPES = {"dine_in", "delivery", "self_pickup"}
CHANNELS = {"pos", "online"}


def activity_faults(activity: Activity, given: set[str]) -> Iterator[Fault]:
    """Faults of an activity of the right shape. `given`: the fields that its document has, nulls aside."""
    yield from currency_faults(activity.currency)
    yield from timezone_faults(activity.timezone)
    starts_at, ends_at = activity.starts_at, activity.ends_at
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        yield Fault("ends_at", f"{ends_at.isoformat()} is before starts_at, {starts_at.isoformat()}")
    for field in ("programs", "channels", "service_types"):
        if field in given and not getattr(activity, field):
            yield Fault(field, "is empty, so nothing would count: list at least one, or leave it out for all")
    yield from _gifts(activity.gifts, "gifts")
    yield from _sharing(activity.not_with)
    if isinstance(activity, TierUpgrade):
        yield from _tier_upgrade(activity)
    else:
        yield from _cumulative_spend(activity)


def _cumulative_spend(activity: CumulativeSpend) -> Iterator[Fault]:
    condition = activity.condition
    yield from _condition(condition)
    yield from _item_scope(activity)
    for position, step in enumerate(condition.steps):
        yield from _gifts(step.gifts, f"condition.steps[{position}].gifts")
    if condition.mode == "once" and condition.steps and activity.gifts:
        yield Fault("gifts", "steps have gifts of their own: move these to the steps")
    if not condition.steps and not activity.gifts:
        yield Fault("gifts", "is required: list at least one gift")
    if isinstance(activity.stores, StoreScope):
        if not activity.stores.stores and not activity.stores.organizations:
            yield Fault("stores", "names no store, so nothing would count: list stores or organizations, or write all")
        yield from _empty_texts(activity.stores.stores, "stores.stores")


def _condition(condition: Condition) -> Iterator[Fault]:
    if condition.mode == "every" and condition.steps:
        yield Fault("condition.steps", "are for mode once only: use a threshold, or mode once")
    elif condition.threshold is None and not condition.steps:
        wanted = "a threshold" if condition.mode == "every" else "a threshold or steps"
        yield Fault("condition.threshold", f"is required: mode {condition.mode} needs {wanted}")
    elif condition.threshold is not None and condition.steps:
        yield Fault("condition.steps", "either a threshold or steps: leave one of them out")
    for position in range(1, len(condition.steps)):
        before, threshold = condition.steps[position - 1].threshold, condition.steps[position].threshold
        if threshold <= before:
            yield Fault(
                f"condition.steps[{position}].threshold",
                f"thresholds of steps must ascend: expected more than {before}, got {threshold}",
            )


def _item_scope(activity: CumulativeSpend) -> Iterator[Fault]:
    scope = activity.item_scope
    if activity.condition.items == "any":
        if scope is not None:
            yield Fault("item_scope", "is for items: designated only: leave it out, or set condition.items: designated")
        return
    if scope is None:
        yield Fault("item_scope", "is required: items: designated needs {include: [skus]} or {exclude: [skus]}")
        return
    if (scope.include is None) == (scope.exclude is None):
        yield Fault("item_scope", "expected either include or exclude, and one of them only")
    for field, skus in (("include", scope.include), ("exclude", scope.exclude)):
        if skus is not None:
            if not skus:
                yield Fault(f"item_scope.{field}", "expected at least one sku, got an empty list")
            yield from _empty_texts(skus, f"item_scope.{field}")


def _tier_upgrade(activity: TierUpgrade) -> Iterator[Fault]:
    no_order = "restricts orders, and an upgrade is none (spec 2.8): leave it out"
    if activity.channels and set(activity.channels) != CHANNELS:
        yield Fault("channels", no_order)
    if activity.service_types and set(activity.service_types) != SERVICE_TYPES:
        yield Fault("service_types", no_order)
    if activity.not_with != NotWith():
        yield Fault("not_with", no_order)


def _gifts(gifts: Sequence[Gift], path: str) -> Iterator[Fault]:
    for position, gift in enumerate(gifts):
        if isinstance(gift, CouponGift) and gift.validity is not None:
            yield from _validity(gift.validity, f"{path}[{position}].validity")


def _validity(validity: dict[str, str | int], path: str) -> Iterator[Fault]:
    is_relative, is_fixed = "days" in validity, "from" in validity or "to" in validity
    if is_relative == is_fixed:
        yield Fault(path, "expected either {days: n} or {from: time, to: time}")
        return
    found = shape_faults(validity, RelativeValidity if is_relative else FixedValidity, path)
    yield from found
    if is_fixed and not found:
        fixed = msgspec.convert(validity, FixedValidity)
        if fixed.to <= fixed.from_:
            yield Fault(under(path, "to"), f"{fixed.to.isoformat()} is not after from, {fixed.from_.isoformat()}")


def _sharing(not_with: NotWith) -> Iterator[Fault]:
    for field, codes in (("coupons", not_with.coupons), ("promotions", not_with.promotions)):
        if codes != "all":
            yield from _empty_texts(codes, f"not_with.{field}")


def _empty_texts(texts: Sequence[str], path: str) -> Iterator[Fault]:
    for position, text in enumerate(texts):
        if not text.strip():
            yield Fault(f"{path}[{position}]", "expected text, got an empty one")
