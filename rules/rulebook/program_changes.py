"""When programs change, and up to where members were judged by those that had (spec 3.5, 3.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rules.rulebook.compiled.program import CompiledProgram
from rules.state import ALWAYS_MS, NEVER_MS


class Judged(NamedTuple):
    """Up to where everybody was judged by changed programs: the newest later version that holds (-1: none was changed), and the newest time
    at which a scheduled one has come to hold for those who were there before (ALWAYS_MS: none has).
    """

    ref: int = -1
    set_ms: int = ALWAYS_MS


class ProgramChanges:
    """The later versions of all programs."""

    def __init__(self, programs: Iterable[Sequence[CompiledProgram]]) -> None:
        """`programs`: the versions of each."""
        later = [version for versions in programs for version in versions if version.holds_from_ms > ALWAYS_MS]
        self._changes = [(version.new_from_ms, version.ref) for version in later]
        # At which scheduled versions come to hold for those who were there before.
        self._set_times = sorted(
            version.existing_from_ms for version in later if NEVER_MS > version.existing_from_ms > version.holds_from_ms
        )

    def until(self, at_ms: int) -> Judged:
        """Up to where programs have changed."""
        ref = max((ref for holds_from_ms, ref in self._changes if holds_from_ms <= at_ms), default=-1)
        return Judged(ref, max((set_ms for set_ms in self._set_times if set_ms <= at_ms), default=ALWAYS_MS))

    def next_ms(self, judged: Judged) -> int:
        """From when on programs are others than everybody was judged by, who was judged up to there; NEVER_MS where they are not."""
        if not self._changes:
            # As most programs are never changed, and each turn asks.
            return NEVER_MS
        return min(
            min((holds_from_ms for holds_from_ms, ref in self._changes if ref > judged.ref), default=NEVER_MS),
            min((set_ms for set_ms in self._set_times if set_ms > judged.set_ms), default=NEVER_MS),
        )
