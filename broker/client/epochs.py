"""Who leads each partition, by the newest epoch that any broker has told of (KIP-320).

A broker that was asleep answers for a moment as if it still led what it led before: its metadata are those of an older epoch, and so are
not believed. What is asked of a leader carries the epoch by which we know it, so that one that has been replaced, or has not heard of
its election, says so instead of answering.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from broker.wire.metadata import PartitionRow, TopicRow

Place = tuple[str, int]

UNKNOWN = -1
# Epochs go back where a topic was deleted and made again. What brokers say for so long, none of them saying otherwise, is so.
_DISBELIEVED_SECONDS = 5.0


class Epochs:
    """What is known of leaders, from all metadata that came."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._newest: dict[Place, PartitionRow] = {}
        # Since when a partition has only been told of with older epochs.
        self._older_since: dict[Place, float] = {}

    def of(self, place: Place) -> int:
        """The newest epoch of a partition that was told of; UNKNOWN where none was."""
        row = self._newest.get(place)
        return UNKNOWN if row is None else row.epoch

    def newest(self, topics: Iterable[TopicRow]) -> list[TopicRow]:
        """Metadata as they came, but for partitions that a newer epoch is known of."""
        return [
            TopicRow(error, name, internal, [self._newer((name, row.partition), row) for row in rows])
            for error, name, internal, rows in topics
        ]

    def _newer(self, place: Place, row: PartitionRow) -> PartitionRow:
        known = self._newest.get(place)
        if known is None or row.epoch == UNKNOWN or row.epoch >= known.epoch:
            self._older_since.pop(place, None)
        elif self._monotonic() - self._older_since.setdefault(place, self._monotonic()) < _DISBELIEVED_SECONDS:
            return known
        self._newest[place] = row
        return row
