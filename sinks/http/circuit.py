"""A circuit breaker of one target: while it is down, it is asked by one message at a time, and rarely.

Of our own, for purgatory, the one kept up for asyncio, lets everything through that comes while the one first question is under way, and
knows nothing of a target that says itself how long to wait.
"""

from __future__ import annotations

from collections.abc import Callable

from sinks.sink import SinkDown


class Waiting(SinkDown):
    """Nothing is sent now: the target did not answer well, or has asked us to wait."""

    def __init__(self, said: str) -> None:
        super().__init__(said, "waiting")


class Circuit:
    """Closed: all is sent. Open: nothing is, for some seconds, then one message alone; closed again once that one is answered well."""

    def __init__(self, name: str, failures: int, open_seconds: float, monotonic: Callable[[], float]) -> None:
        """`failures`: in a row, that open it."""
        self._name = name
        self._most_failures = failures
        self._open_seconds = open_seconds
        self._monotonic = monotonic
        self._failures = 0
        self._not_before = 0.0
        self._asking = False
        self._why = ""

    @property
    def is_closed(self) -> bool:
        """Whether messages may go side by side."""
        return self._failures < self._most_failures

    def enter(self) -> None:
        """Before each message; one of the others follows it. Raises Waiting."""
        left = self._not_before - self._monotonic()
        if left > 0:
            raise Waiting(f"{self._why}; it is asked again in {left:.1f} s")
        if not self.is_closed:
            if self._asking:
                raise Waiting(f"{self._why}; it is being asked again")
            self._asking = True

    def answered(self) -> None:
        """The target does its work."""
        self._failures = 0
        self._asking = False

    def failed(self, why: str) -> None:
        """It does not."""
        self._failures += 1
        self._asking = False
        if not self.is_closed:
            self._wait(self._open_seconds, why)

    def left(self) -> None:
        """Nobody knows: the message was given up."""
        self._asking = False

    def asked_to_wait(self, seconds: float) -> Waiting:
        """By the target itself; what to raise."""
        self._asking = False
        self._wait(seconds, f"{self._name} has asked us to wait")
        return Waiting(f"{self._why}, for {seconds:.1f} s")

    def _wait(self, seconds: float, why: str) -> None:
        self._not_before = max(self._not_before, self._monotonic() + seconds)
        self._why = why
