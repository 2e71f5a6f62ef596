"""An event loop whose clock is this process's CPU time: while nothing is to be done it passes at once, and no neighbour is in it."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager


class _NothingComes(selectors.SelectSelector):
    """Instead of waiting, the clock goes on."""

    loop: CpuClockLoop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everybody waits for somebody else")
        self.loop.idle_seconds += timeout
        return []


class CpuClockLoop(asyncio.SelectorEventLoop):
    """It has no connections: all that comes, comes by timers."""

    def __init__(self) -> None:
        self.idle_seconds = 0.0
        selector = _NothingComes()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """Seconds of CPU, and those that nobody needed."""
        return time.process_time() + self.idle_seconds

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """What is done in it is another process's work: it takes this one no time."""
        began = time.process_time()
        try:
            yield
        finally:
            self.idle_seconds -= time.process_time() - began
