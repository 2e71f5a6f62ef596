"""A sampling profiler: where the CPU is, asked some hundred times a CPU second, so that what is measured hardly notices."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from benchmarks.places import ROOT

# The kernel's own clock is often not finer.
INTERVAL_SECONDS = 0.004

_HERE = f"{ROOT}/"
# The file as the checkout names it, and the function in it where the file alone does not tell.
Spot = tuple[str, str | None]


class Sampler:
    """Counts samples by part: a sample belongs to the innermost frame that a part claims, so that a helper counts for its caller."""

    def __init__(self, parts: Mapping[str, Sequence[Spot]], rest: str) -> None:
        self.counts: Counter[str] = Counter()
        self._part_of = {spot: part for part, spots in parts.items() for spot in spots}
        self._rest = rest

    @contextmanager
    def sampling(self) -> Iterator[None]:
        """Samples while it is open; in the main thread only."""
        before = signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.counts[self.part_at(frame)] += 1

    def part_at(self, frame: FrameType | None) -> str:
        """The part that a stack is in, told from its innermost frame."""
        while frame is not None:
            code = frame.f_code
            file = code.co_filename.removeprefix(_HERE)
            part = self._part_of.get((file, code.co_name)) or self._part_of.get((file, None))
            if part is not None:
                return part
            frame = frame.f_back
        return self._rest
