"""A version of a cumulative_spend, compiled for judging orders by it (spec 2.1, 2.3)."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Raw

from rules.definitions.limits import Limits
from rules.definitions.scopes import NotWith
from rules.gifts.terms import Terms
from rules.times import rounded_up_ms


@dataclass(slots=True, eq=False)
class CompiledActivity:
    """A version of a cumulative_spend: its condition, and when it is in force: from_us <= placed < until_us. `from_ms`: the one rounded
    down, `until_ms`: the other rounded up.
    """

    ref: int
    first_ref: int
    version: int
    code: str
    from_ms: int
    from_us: int
    until_ms: int
    by_amount: bool
    every: bool
    threshold: int
    steps: tuple[int, ...]
    # Where there are steps, those of all of them, one step after the other.
    gifts: Raw
    step_gifts: tuple[Raw, ...]
    # Of each step's gifts, and last of all gifts.
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
    # Of every epoch of the activity, oldest first: its threshold by its ref. Empty where there is but one.
    epochs: dict[int, int] = field(default_factory=dict)
    # Under what an older release may have kept parts of these sums: by ref of the version, the epoch that they belong to.
    folded: dict[int, int] = field(default_factory=dict)
    # None: what it gives has no limit.
    limits: Limits | None = None
    until_us: int = field(init=False)
    # Whether every line counts, whatever its sku.
    every_line: bool = field(init=False)
    # Whether another version has another shape.
    reshaped: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.until_us = self.until_ms * 1000
        self.every_line = self.include is None and not self.exclude

    def hold(self, from_us: int, until_us: int) -> None:
        """Says when it is in force, within its own dates."""
        self.from_us, self.until_us = max(self.from_us, from_us), min(self.until_us, until_us)
        self.from_ms, self.until_ms = self.from_us // 1000, rounded_up_ms(self.until_us)

    def terms_of(self, ordinal: int) -> Terms:
        """Of the gifts of a grant; 0 for one without an ordinal, which has all of them."""
        return self.terms[ordinal - 1 if self.steps else 0]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many gifts a grant has, or each step's."""
        return tuple(len(terms.gifts) for terms in self.terms)

    def in_scope(self, sku: str) -> bool:
        """Whether a line of this sku counts (spec 2.1)."""
        if self.include is not None:
            return sku in self.include
        return sku not in self.exclude
