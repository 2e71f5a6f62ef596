"""What came of each try to give what one partition has in hand to a sink, as records for `deliveries` (spec 4.2).

Where all goes well that is one small record a turn, whatever the turn holds. Nobody is named in it: what was given is known by its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from math import inf

from agents.fold.incoming import Incoming
from rules.times import at_utc
from sinks.sink import KNOWN, TAKEN, Answer, Refused, Taken
from sinks.topics.formats import Attempted, FailedTry, TriedApart

# Between two records of a sink that stays down.
_TELL_SECONDS = 30.0
# Of one record: some hundred kilobytes, beside a turn's.
_MOST_APART = 1_000


def now_ms() -> int:
    """Epoch ms, by this machine."""
    return int(time.time() * 1000)


class Attempts:
    """Of what is in hand of one partition; what was told of is forgotten."""

    def __init__(self, sink: str, *, by_message: bool, partition: int, given: Sequence[Incoming]) -> None:
        """`given`: the records of the partition that hold something for the sink."""
        self._sink = sink
        self._by_message = by_message
        self._partition = partition
        self._given = given
        self._failed: list[FailedTry] = []
        # By place in `given`, and by the gift's place in its grant.
        self._tries: dict[tuple[int, int], list[tuple[int, str]]] = {}
        self._next_ms = 0
        self._told_at = -inf

    def tried(self, place: int, gift: int, came: str) -> None:
        """One record was tried by itself, or a gift of it: what came."""
        self._tries.setdefault((place, gift), []).append((now_ms(), came))

    def failed(self, word: str, next_ms: int) -> None:
        """The sink was found down; it is tried again then (epoch ms)."""
        self._failed.append(FailedTry(at_utc(now_ms()), word))
        self._next_ms = next_ms

    def to_be_told(self, monotonic: Callable[[], float] = time.monotonic) -> bool:
        """Whether it is time to say that they still wait."""
        return bool(self._given) and monotonic() - self._told_at >= _TELL_SECONDS

    def waiting(self, monotonic: Callable[[], float] = time.monotonic) -> Attempted:
        """What came since the last record, and that they wait."""
        self._told_at = monotonic()
        return self._told(None, at_utc(self._next_ms), self._apart(sparing=False))

    def settled(self, answers: Sequence[Answer]) -> Attempted:
        """What came since the last record, and that the sink has answered for all of them."""
        at = at_utc(now_ms())
        # Of whom nothing else is said, it is said that he was taken now.
        apart = self._apart(sparing=not self._failed)
        for incoming, answer in zip(self._given, answers, strict=True):
            if isinstance(answer, Refused):
                apart.append(TriedApart(self._source(incoming), at, "refused", reason=answer.reason))
            elif answer is Taken.BEFORE and not self._by_message:
                apart.append(TriedApart(self._source(incoming), at, KNOWN))
        return self._told(at, None, apart)

    def _apart(self, *, sparing: bool) -> list[TriedApart]:
        """`sparing`: without what was taken at the first try."""
        return [
            TriedApart(self._source(self._given[place]), at_utc(at_ms), came, gift)
            for (place, gift), tries in self._tries.items()
            if not (sparing and len(tries) == 1 and tries[0][1] == TAKEN)
            for at_ms, came in tries
        ]

    def _told(self, settled_at: str | None, next_at: str | None, apart: list[TriedApart]) -> Attempted:
        spans: dict[str, tuple[int, int]] = {}
        for topic, record in self._given:
            first, last = spans.get(topic, (record.offset, record.offset))
            spans[topic] = (min(first, record.offset), max(last, record.offset))
        told = Attempted(
            self._sink,
            self._partition,
            spans,
            settled_at,
            next_at,
            self._failed,
            self._by_message,
            apart[:_MOST_APART],
            max(0, len(apart) - _MOST_APART),
        )
        self._failed, self._tries = [], {}
        return told

    def _source(self, incoming: Incoming) -> str:
        return f"{incoming.topic}/{self._partition}/{incoming.record.offset}"
