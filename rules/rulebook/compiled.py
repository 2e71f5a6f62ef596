"""A version of a definition, compiled for judging orders by it (spec 2.3, 2.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import Raw

from rules.definitions.limits import Limits
from rules.definitions.scopes import NotWith
from rules.documents.kind import Assets
from rules.documents.purchase import Purchase
from rules.gifts.terms import Terms
from rules.levels.standards import Standard
from rules.state import ALWAYS_MS, NEVER_MS


@dataclass(slots=True, eq=False)
class CompiledActivity:
    """A version of a cumulative_spend: its condition, and when it is in force: from_ms <= placed < until_ms."""

    ref: int
    first_ref: int
    version: int
    code: str
    from_ms: int
    until_ms: int
    by_amount: bool
    every: bool
    threshold: int
    steps: tuple[int, ...]
    gifts: Raw
    step_gifts: tuple[Raw, ...]
    # Of the gifts; of each step's where there are steps.
    terms: tuple[Terms, ...]
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
    # Sums are kept by epoch, under the ref of the epoch's first version (rules/rulebook/epochs.py). Something new can be owed only where
    # the epoch's sum reaches a multiple of `stride`, which divides the threshold or every step's; 1 where other sums matter as well.
    epoch: int
    stride: int
    # Every epoch of the activity, oldest first: its ref and its threshold. Empty where there is but one.
    epochs: tuple[tuple[int, int], ...] = ()
    # Under what an older release may have kept parts of these sums: by ref of the version, the epoch that they belong to.
    folded: dict[int, int] = field(default_factory=dict)
    # None: what it gives has no limit.
    limits: Limits | None = None

    def hold(self, from_ms: int, until_ms: int) -> None:
        """Says when it is in force, within its own dates."""
        self.from_ms, self.until_ms = max(self.from_ms, from_ms), min(self.until_ms, until_ms)

    def terms_of(self, ordinal: int) -> Terms:
        """Of the gifts of a grant."""
        return self.terms[ordinal - 1 if self.steps else 0]

    def in_scope(self, sku: str) -> bool:
        """Whether a line of this sku counts (spec 2.1)."""
        if self.include is not None:
            return sku in self.include
        return sku not in self.exclude

    def may_share(self, order: Purchase, assets: Assets) -> bool:
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
        return assets.keys().isdisjoint(rule.assets)


@dataclass(slots=True, eq=False)
class CompiledTierUpgrade:
    """A version of a tier_upgrade: which levels it grants for, and when it is in force."""

    ref: int
    first_ref: int
    version: int
    code: str
    from_ms: int
    until_ms: int
    regain: bool
    # program/level each.
    levels: tuple[str, ...]
    gifts: Raw
    terms: Terms
    notify: Raw | None
    currency: str
    # None: what it gives has no limit.
    limits: Limits | None = None

    def hold(self, from_ms: int, until_ms: int) -> None:
        """Says when it is in force, within its own dates."""
        self.from_ms, self.until_ms = max(self.from_ms, from_ms), min(self.until_ms, until_ms)

    def terms_of(self, ordinal: int) -> Terms:
        """Of the gifts of a grant: none has an ordinal."""
        return self.terms


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
    default: bool
    active_from_ms: int
    include_imported: bool
    standard: Standard
    ladder: tuple[CompiledLevel, ...]
    positions: dict[str | None, int]
    # Thresholds of the enabled levels, made ascending, so that the highest that is reached is found by bisection; and, one more than
    # these, the level held below the first, from it on, from the second on, …
    reached_at: tuple[int, ...]
    held: tuple[str | None, ...]

    def hold(self, from_ms: int, _until_ms: int) -> None:
        """Says from when it is in force."""
        self.holds_from_ms = from_ms

    def gained(self, before: str | None, after: str | None) -> list[str]:
        """The enabled levels above one and up to another, lowest first (spec 2.8, 3.4); None, and one no longer there, is below all."""
        start = self.positions.get(before, -1) + 1
        return [rung.code for rung in self.ladder[start : self.positions.get(after, -1) + 1] if rung.enabled]


def ladder_of(levels: Sequence[CompiledLevel]) -> tuple[tuple[int, ...], tuple[str | None, ...]]:
    """`reached_at` and `held` of a program with these levels."""
    reached_at: list[int] = []
    held: list[str | None] = [None]
    lowest = NEVER_MS
    for level in reversed([level for level in levels if level.enabled]):
        lowest = min(lowest, level.threshold)
        reached_at.insert(0, lowest)
        held.insert(1, level.code)
    return tuple(reached_at), tuple(held)


@dataclass(slots=True, eq=False)
class CompiledOrganization:
    """A version of an organization, and from when it holds."""

    code: str
    parent: str | None
    stores: tuple[str, ...]
    holds_from_ms: int = ALWAYS_MS

    def hold(self, from_ms: int, _until_ms: int) -> None:
        """Says from when it is in force."""
        self.holds_from_ms = from_ms


@dataclass(slots=True, eq=False)
class CompiledCoupon:
    """A version of a coupon, and from when it holds. `value`: minor units."""

    code: str
    value: int
    currency: str
    holds_from_ms: int = ALWAYS_MS

    def hold(self, from_ms: int, _until_ms: int) -> None:
        """Says from when it is in force."""
        self.holds_from_ms = from_ms


@dataclass(slots=True, eq=False)
class CompiledMessageCentre:
    """A version of the Message Centre, and from when it holds: whether members are told of coupons that arrived."""

    coupon_arrival: bool
    holds_from_ms: int = ALWAYS_MS

    def hold(self, from_ms: int, _until_ms: int) -> None:
        """Says from when it is in force."""
        self.holds_from_ms = from_ms
