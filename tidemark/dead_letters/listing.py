"""Which dead letters a list shows: the newest, each document once."""

from __future__ import annotations

import heapq

from msgspec import Struct

from tidemark.dead_letters.letters import Letter, Resent

_DETAIL_CHARACTERS = 100


class Row(Struct):
    """A dead letter without its bytes; `bytes` says how many they are. `resent`: it was sent again."""

    id: str
    reason: str
    detail: str
    received_at: str
    key: str | None
    bytes: int
    resent: bool = False

    def shortened(self) -> str:
        """What is wrong, on one line."""
        detail = " ".join(self.detail.split())
        return detail if len(detail) <= _DETAIL_CHARACTERS else detail[: _DETAIL_CHARACTERS - 1] + "…"


class Listing:
    """Keeps the newest `limit` dead letters of a reason (None: of any). `matching`: how many there were."""

    def __init__(self, reason: str | None, limit: int) -> None:
        self.matching = 0
        self._reason = reason
        self._limit = limit
        self._newest: list[tuple[int, int, Row]] = []
        # By id, of the rows that are kept.
        self._kept: dict[str, list[Row]] = {}
        # Of one partition: after a crash a letter may stand there twice. Several sinks may have refused one record, each for its reason.
        self._partition = -1
        self._seen: set[tuple[str, str]] = set()

    def add(self, found: Letter | Resent) -> None:
        """Takes what `read_letters` gives."""
        if isinstance(found, Resent):
            for row in self._kept.get(found.id, ()):
                row.resent = True
            return
        letter = found.letter
        if found.partition != self._partition:
            self._partition = found.partition
            self._seen.clear()
        if self._reason not in (None, letter.reason) or (found.id, letter.reason) in self._seen:
            return
        self._seen.add((found.id, letter.reason))
        self.matching += 1
        row = Row(found.id, letter.reason, letter.detail, letter.received_at, letter.key, found.length)
        self._kept.setdefault(row.id, []).append(row)
        heapq.heappush(self._newest, (found.refused_ms, self.matching, row))
        if len(self._newest) > self._limit:
            gone = heapq.heappop(self._newest)[2]
            self._kept[gone.id].remove(gone)
            if not self._kept[gone.id]:
                del self._kept[gone.id]

    def rows(self) -> list[Row]:
        """The rows, newest last."""
        return [row for *_, row in sorted(self._newest, key=lambda each: each[:2])]
