"""A worker's CPU time while it works through its load, so that it can be told for a part of the run."""

from __future__ import annotations

import time
from bisect import bisect_left
from dataclasses import dataclass, field

from benchmarks.process_figures import cpu_seconds
from benchmarks.topics import GiftReader
from benchmarks.worker import Worker

POLL_SECONDS = 0.1
# No gift for so long: there will be no more.
STALLED_SECONDS = 15
# Nor of one whose gifts cannot be counted, once as many came as there must be: longer than any pause between two commits.
SETTLED_SECONDS = 4


@dataclass(slots=True)
class CpuCourse:
    """CPU seconds since the process began, by epoch ms, ascending."""

    times_ms: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def look(self, worker: Worker) -> None:
        """Notes what the worker has used by now."""
        self.times_ms.append(time.time() * 1000)
        self.seconds.append(cpu_seconds(worker.pid))

    def used_since(self, at_ms: float) -> float:
        """CPU seconds from then to the last look, between two looks by the straight line. Raises ValueError before the first look."""
        if at_ms < self.times_ms[0]:
            raise ValueError("nobody looked so early")
        after = min(max(1, bisect_left(self.times_ms, at_ms)), len(self.times_ms) - 1)
        (from_ms, to_ms), (least, most) = self.times_ms[after - 1 : after + 1], self.seconds[after - 1 : after + 1]
        return self.seconds[-1] - least - (most - least) * (at_ms - from_ms) / (to_ms - from_ms)


def until_done(worker: Worker, reader: GiftReader, gifts: int, transactional: bool) -> CpuCourse:
    """Looks until so many gifts are there; they are counted rather than read, which would cost the broker.

    A `transactional` engine's transactions leave marks that count as gifts: it is done once nothing more comes.
    The worker is still stopped when this is called: the first look is from before it is continued.
    """
    course = CpuCourse()
    course.look(worker)
    worker.resume()
    seen, since = -1, time.monotonic()
    enough = SETTLED_SECONDS if transactional else 0
    while time.monotonic() - since < (STALLED_SECONDS if seen < gifts else enough):
        time.sleep(POLL_SECONDS)
        worker.must_run()
        now = reader.count()
        if now != seen:
            seen, since = now, time.monotonic()
            course.look(worker)
    return course
