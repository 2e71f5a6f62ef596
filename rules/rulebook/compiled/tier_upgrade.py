"""A version of a tier_upgrade, compiled (spec 2.8)."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import Raw

from rules.definitions.limits import Limits
from rules.gifts.terms import Terms
from rules.times import rounded_up_ms


@dataclass(slots=True, eq=False)
class CompiledTierUpgrade:
    """A version of a tier_upgrade: which levels it grants for, and when it is in force."""

    ref: int
    first_ref: int
    version: int
    code: str
    from_us: int
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
    # Whether another version has another shape.
    reshaped: bool = False
    until_us: int = field(init=False)

    def __post_init__(self) -> None:
        self.until_us = self.until_ms * 1000

    def hold(self, from_us: int, until_us: int) -> None:
        """Says when it is in force, within its own dates."""
        self.from_us, self.until_us = max(self.from_us, from_us), min(self.until_us, until_us)
        self.until_ms = rounded_up_ms(self.until_us)

    def terms_of(self, ordinal: int) -> Terms:
        """Of the gifts of a grant: none has an ordinal."""
        return self.terms

    @property
    def shape(self) -> tuple[int, ...]:
        """How many gifts a grant has, and whether its id has the number of the gain."""
        return len(self.terms.gifts), self.regain
