"""Staying near the readers of a broker that forgets what is not read (see broker.embedded)."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from broker.client.produce import Write

_RETRY_SECONDS = 0.01
_DEADLINE_SECONDS = 60.0

Place = tuple[str, int]


class ReaderLost(Exception):
    """Nobody reads what we publish: the run is over."""


class ReaderCredits:
    """Lets a write pass once its partition's reader is near enough; counts on being the only writer, from offset 0 on."""

    def __init__(
        self, topics: Sequence[str], read_offsets: Callable[[Sequence[Place]], Awaitable[dict[Place, int]]], ahead_bytes: int
    ) -> None:
        """`topics`: those that are read. `read_offsets`: how far the readers are."""
        self._topics = frozenset(topics)
        self._read_offsets = read_offsets
        self._ahead_bytes = ahead_bytes
        # By partition: (records written until then, bytes written until then), from the reader's place on.
        self._written: dict[Place, deque[tuple[int, int]]] = {}
        self._read_bytes: dict[Place, int] = {}

    async def spend(self, writes: Sequence[Write]) -> None:
        """Waits until the readers are near enough for these writes. Raises ReaderLost."""
        give_up_at = time.monotonic() + _DEADLINE_SECONDS
        ours = [write for write in writes if write.topic in self._topics]
        while far := [(write.topic, write.partition) for write in ours if self._too_far(write)]:
            await self._refresh(far)
            if any(self._too_far(write) for write in ours):
                if time.monotonic() > give_up_at:
                    raise ReaderLost(f"nobody has read {far} for {_DEADLINE_SECONDS} s")
                await asyncio.sleep(_RETRY_SECONDS)
        for write in ours:
            written = self._written.setdefault((write.topic, write.partition), deque([(0, 0)]))
            records, size = written[-1]
            written.append((records + write.records, size + len(write.data)))

    def _too_far(self, write: Write) -> bool:
        place = (write.topic, write.partition)
        written = self._written.get(place)
        if written is None:
            return False
        ahead = written[-1][1] - self._read_bytes.get(place, 0)
        return ahead > 0 and ahead + len(write.data) > self._ahead_bytes

    async def _refresh(self, places: Sequence[Place]) -> None:
        for place, offset in (await self._read_offsets(places)).items():
            written = self._written[place]
            while len(written) > 1 and written[1][0] <= offset:
                written.popleft()
            self._read_bytes[place] = written[0][1] if written[0][0] <= offset else 0
