"""A version of a saved segment, compiled (spec 5)."""

from __future__ import annotations

from dataclasses import dataclass

from rules.segments.predicate import Matches
from rules.state import ALWAYS_MS
from rules.times import rounded_up_ms


@dataclass(slots=True, eq=False)
class CompiledSegment:
    """A version of a saved segment, and from when it holds."""

    code: str
    matches: Matches
    holds_from_ms: int = ALWAYS_MS

    def hold(self, from_us: int, _until_us: int) -> None:
        """Says from when it is in force."""
        self.holds_from_ms = rounded_up_ms(from_us)
