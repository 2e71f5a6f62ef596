"""A version of a definition, compiled for judging orders by it (spec 2.3, 2.5)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import Raw

from rules.definitions.shapes import NotWith
from rules.documents.purchase import Purchase
from rules.levels.standards import Standard
from rules.state import NEVER_MS


@dataclass(slots=True, eq=False)
class CompiledActivity:
    """A version of a cumulative_spend: its condition, and when it is in force: from_ms <= placed < until_ms."""

    ref: int
    first_ref: int
    code: str
    from_ms: int
    until_ms: int
    by_amount: bool
    every: bool
    threshold: int
    steps: tuple[int, ...]
    gifts: Raw
    step_gifts: tuple[Raw, ...]
    notify: Raw | None
    programs: frozenset[str]
    currency: str
    stores: frozenset[str] | None
    organizations: frozenset[str]
    service_types: frozenset[str]
    channels: frozenset[str]
    not_with: NotWith
    shareable: bool
    include: frozenset[str] | None
    exclude: frozenset[str]
    # The highest ordinal that there can be.
    last_ordinal: int
    # Something new can be owed only where progress reaches a multiple of this, which divides the threshold or every step's; 1 where
    # there are several versions, as each one's sum moves what the others have earned.
    stride: int
    # All versions of the activity, oldest first; sums are kept per version. `single`: there is but this one.
    versions: list[CompiledActivity] = field(default_factory=list)
    single: bool = True

    def in_scope(self, sku: str) -> bool:
        """Whether a line of this sku counts (spec 2.1)."""
        if self.include is not None:
            return sku in self.include
        return sku not in self.exclude

    def may_share(self, order: Purchase) -> bool:
        """Whether the order used nothing that the activity may not be shared with (spec 2.3)."""
        rule = self.not_with
        if order.coupons and rule.coupons and (rule.coupons == "all" or not set(rule.coupons).isdisjoint(order.coupons)):
            return False
        if (
            order.promotions
            and rule.promotions
            and (rule.promotions == "all" or not set(rule.promotions).isdisjoint(order.promotions))
        ):
            return False
        if order.member_price and "member_price" in rule.benefits:
            return False
        if order.member_discount and "member_discount" in rule.benefits:
            return False
        if rule.assets:
            for payment in order.payments:
                if payment.amount > 0 and payment.method in rule.assets:
                    return False
        return True


@dataclass(slots=True, eq=False)
class CompiledTierUpgrade:
    """A version of a tier_upgrade: which levels it grants for, and when it is in force."""

    ref: int
    first_ref: int
    code: str
    from_ms: int
    until_ms: int
    regain: bool
    gifts: Raw
    notify: Raw | None


@dataclass(slots=True, eq=False)
class CompiledLevel:
    """A rung of the ladder, in the ladder's order."""

    code: str
    threshold: int
    enabled: bool


@dataclass(slots=True, eq=False)
class CompiledProgram:
    """A version of a program: its ladder, and from when it holds."""

    ref: int
    first_ref: int
    code: str
    holds_from_ms: int
    currency: str
    timezone: str
    active_from_ms: int
    include_imported: bool
    standard: Standard
    ladder: tuple[CompiledLevel, ...]
    positions: dict[str | None, int]
    # Thresholds of the enabled levels, made ascending, so that the highest that is reached is found by bisection; and, one more than
    # these, the level held below the first, from it on, from the second on, … None throughout where the program is disabled.
    reached_at: tuple[int, ...]
    held: tuple[str | None, ...]

    def level_for(self, spent: int) -> str | None:
        """The highest enabled level that a count reaches, by its code; None for none (spec 3.4, 3.7)."""
        return self.held[bisect_right(self.reached_at, spent if spent > 0 else 0)]

    def gained(self, before: str | None, after: str | None) -> list[str]:
        """The enabled levels above one and up to another, lowest first (spec 2.8, 3.4); None, and one no longer there, is below all."""
        start = self.positions.get(before, -1) + 1
        return [rung.code for rung in self.ladder[start : self.positions.get(after, -1) + 1] if rung.enabled]


@dataclass(slots=True, eq=False)
class Candidates:
    """The activities that an order's store, channel, service type, currency, time and programs leave.

    Those to which every line counts, by measure; those to which only some skus count, by these; those to which all but some do.
    """

    by_amount: tuple[CompiledActivity, ...]
    by_pieces: tuple[CompiledActivity, ...]
    by_sku: dict[str, tuple[CompiledActivity, ...]]
    excluding: tuple[CompiledActivity, ...]
    # Those that may not be shared with something.
    guarded: tuple[CompiledActivity, ...]
    # The least threshold of those that grant for every whole one: an order far below that many times cannot owe too many grants.
    least_every: int

    @classmethod
    def of(cls, activities: Sequence[CompiledActivity]) -> Candidates:
        """Those among which these activities are."""
        by_amount: list[CompiledActivity] = []
        by_pieces: list[CompiledActivity] = []
        excluding: list[CompiledActivity] = []
        by_sku: dict[str, list[CompiledActivity]] = {}
        for activity in activities:
            if activity.include is not None:
                for sku in activity.include:
                    by_sku.setdefault(sku, []).append(activity)
            elif activity.exclude:
                excluding.append(activity)
            else:
                (by_amount if activity.by_amount else by_pieces).append(activity)
        return cls(
            tuple(by_amount),
            tuple(by_pieces),
            {sku: tuple(found) for sku, found in by_sku.items()},
            tuple(excluding),
            tuple(activity for activity in activities if not activity.shareable),
            min((activity.threshold for activity in activities if activity.every), default=NEVER_MS),
        )
