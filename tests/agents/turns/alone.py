"""One partition without a broker: documents in, turn by turn, into a changelog of which only what compaction leaves is kept.

Whoever owns it can be killed between any two steps; what is recovered then is recovered by the program's own code.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast
from unittest.mock import patch

from agents.fold.settings import FoldSettings
from agents.turns.shard import Sealed, Shard
from broker.client.fetch import Fetched, Fetcher
from broker.client.offsets import Place
from broker.client.produce import Identity
from broker.wire.records import Record
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from streams.topics import POS_ORDERS
from tables import commit_log
from tables.commit_log import CommitLog, Recovered
from tables.member.record import decode_member
from tables.partition import PartitionTable
from tests.entries import read_back
from tests.folding import KEEP_ORDERS_MS, SETTINGS

Document = dict[str, Any]
_NOBODY = Identity(-1, -1)


class Alone:
    """A partition and its owner. What turns that are committed put out is added up, by topic."""

    def __init__(self, rulebook: Rulebook, settings: FoldSettings = SETTINGS, keep_orders_ms: int = KEEP_ORDERS_MS) -> None:
        self.rulebook = rulebook
        self.settings = settings
        # By key, the newest record; in the order of their offsets.
        self.changelog: dict[bytes, Record] = {}
        # All that was committed: keys and values.
        self.committed: list[tuple[bytes, bytes | None]] = []
        self.put_out: dict[str, list[Document]] = defaultdict(list)
        self._keep_orders_ms = keep_orders_ms
        self._next_offset = 0
        self.feed: list[Record] = []
        self.shard = self._taken_over()

    def append(self, document: Document, now_ms: int) -> None:
        """A document stands on the feed, as appended at a time (epoch ms)."""
        self.feed.append(Record(len(self.feed), now_ms, None, json.dumps(document).encode(), []))

    def arrive(self) -> None:
        """All that stands on the feed and has not arrived yet is fetched."""
        position, end = self.shard.positions[POS_ORDERS], len(self.feed)
        if not self.shard.busy() and position < end:
            self.shard.arrive([(POS_ORDERS, Fetched(POS_ORDERS, 0, position, self.feed[position:], end, end))])

    def fold(self) -> Sealed:
        """A turn of what has arrived, not yet committed."""
        return self.shard.fold(self.rulebook, self.settings)

    def see_to(self) -> Sealed | None:
        """A turn of what is due, not yet committed; None where nothing is."""
        return self.shard.see_to(self.rulebook, self.settings, self.settings.seen_to)

    def commit(self, sealed: Sealed) -> None:
        """The turn is committed, and what it put out is published."""
        for at, record in enumerate(read_back(sealed.entries)):
            assert record.key is not None
            self.committed.append((record.key, record.value))
            self.changelog.pop(record.key, None)
            if record.value is not None:
                offset = self._next_offset + at
                self.changelog[record.key] = Record(offset, record.timestamp_ms, record.key, record.value, record.headers)
        self._next_offset += len(sealed.entries)
        for topic, entries in sealed.outputs.items():
            self.put_out[topic] += [json.loads(record.value or b"") for record in read_back(entries)]
        sealed.shard.published_through = sealed.turn

    def settle(self) -> None:
        """Folds and commits all that stands on the feed, and all that is due by then."""
        self.arrive()
        while self.shard.busy():
            self.commit(self.fold())
        while (sealed := self.see_to()) is not None:
            self.commit(sealed)

    def kill(self) -> None:
        """The owner is gone, with whatever was not committed; another takes the partition over."""
        self.shard = self._taken_over()

    def recovered(self) -> Recovered:
        """What the changelog holds."""
        return asyncio.run(self._recover())

    def members(self) -> dict[str, Member]:
        """As the last turn left them."""
        return {member_id: decode_member(data) for member_id, data in self.shard.table.members.items()}

    def _taken_over(self) -> Shard:
        table = self.recovered().table
        log = CommitLog("changelog", 0, _NOBODY, self._next_offset)
        shard = Shard(table, log, {POS_ORDERS: 0} | table.head.positions)
        shard.published_through = table.head.turn
        return shard

    async def _recover(self) -> Recovered:
        async def offsets(client: object, places: Sequence[Place], which: int) -> dict[Place, int]:
            return dict.fromkeys(places, 0)

        async def read_through(fetcher: object, place: Place, position: int, end: int, seconds: float) -> AsyncIterator[Fetched]:
            yield Fetched(*place, position, list(self.changelog.values()), end, end)

        table = PartitionTable(0, {}, self._keep_orders_ms, seed=7)
        with patch.object(commit_log, "offsets", offsets), patch.object(commit_log, "read_through", read_through):
            log = CommitLog("changelog", 0, _NOBODY, self._next_offset)
            return await log.recover(cast("Fetcher", _NoFetcher()), table, 1)


class _NoFetcher:
    """Nobody fetches here."""

    client = None
