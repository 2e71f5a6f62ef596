"""A version of a saved segment, compiled (spec 5)."""

from __future__ import annotations

from dataclasses import dataclass

from rules.segments.predicate import Matches
from rules.state import ALWAYS_MS


@dataclass(slots=True, eq=False)
class CompiledSegment:
    """A version of a saved segment, and from when it holds."""

    code: str
    matches: Matches
    holds_from_ms: int = ALWAYS_MS

    def hold(self, from_ms: int, _until_ms: int) -> None:
        """Says from when it is in force."""
        self.holds_from_ms = from_ms
