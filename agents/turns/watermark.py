"""How late it is, by the broker, in a partition to which nothing comes.

A worker's own clock may be wrong; what it can trust is how much time has passed. The broker's time is therefore what it was heard to be, on
a record or an acknowledgement, and the time that has passed since. And that nothing comes is known only of a fetch that was answered and
brought nothing: whoever is not answered is deaf, and to him it is not later than when he last heard.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

# A broker's clock may be so far from another's, which leads another of the partition's sources.
BEHIND_MS = 10_000
# What was heard is believed so long, at most twice: a broker's clock may be set back.
_WINDOW_SECONDS = 600.0


# A position after which nothing stood when a fetch was sent, and when that was, in seconds of the monotonic clock.
Quiet = tuple[int, float]


class BrokerTime:
    """The broker's time, never ahead of it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        # The most by which the broker's time was ahead of the monotonic clock, in this window and the one before; ms.
        self._ahead_ms: float | None = None
        self._ahead_before_ms: float | None = None
        self._window_until = 0.0

    def heard(self, broker_ms: int) -> None:
        """It is that late by the broker, at least."""
        now = self._monotonic()
        if now >= self._window_until:
            self._ahead_before_ms, self._ahead_ms = self._ahead_ms, None
            self._window_until = now + _WINDOW_SECONDS
        ahead_ms = broker_ms - now * 1000
        if self._ahead_ms is None or ahead_ms > self._ahead_ms:
            self._ahead_ms = ahead_ms

    def at(self, seconds: float) -> int | None:
        """How late it was at a time of the monotonic clock, epoch ms; None where nothing was ever heard."""
        known = [ahead_ms for ahead_ms in (self._ahead_ms, self._ahead_before_ms) if ahead_ms is not None]
        return None if not known else int(max(known) + seconds * 1000)


def watermark_ms(sources: Sequence[tuple[int, Quiet | None]], broker_time: BrokerTime) -> int | None:
    """How late it is where every source has nothing after our position: (position, what was last found there) each.

    None where one has, or is not known to have nothing.
    """
    sent: list[float] = []
    for position, quiet in sources:
        if quiet is None or quiet[0] != position:
            return None
        sent.append(quiet[1])
    now_ms = broker_time.at(min(sent)) if sent else None
    return None if now_ms is None else now_ms - BEHIND_MS
