"""A version of an organization, compiled (spec 1.8)."""

from __future__ import annotations

from dataclasses import dataclass

from rules.benefits.benefit import Benefit
from rules.state import ALWAYS_MS
from rules.times import rounded_up_ms


@dataclass(slots=True, eq=False)
class CompiledOrganization:
    """A version of an organization, and from when it holds."""

    code: str
    parent: str | None
    stores: tuple[str, ...]
    benefits: tuple[Benefit, ...] = ()
    holds_from_ms: int = ALWAYS_MS

    def hold(self, from_us: int, _until_us: int) -> None:
        """Says from when it is in force."""
        self.holds_from_ms = rounded_up_ms(from_us)
