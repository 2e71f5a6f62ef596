"""The aggregation's hot path in this process, without a broker: batches as they are fetched, shards, rules, batches as they are sent."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from agents.turns.committer import Committer, no_probe
from agents.turns.shard import Shard
from benchmarks.feed import partition_of
from benchmarks.load import Document
from benchmarks.places import DEFINITIONS
from benchmarks.topics import PARTITIONS
from broker.client.fetch import Fetched
from broker.client.produce import Done, Failed, Group, Identity, Producer, Write
from broker.wire.batches import NO_HEADERS, build, entry
from broker.wire.parse import parse
from rules.rulebook.rulebook import Rulebook
from streams.topics import AGGREGATE_CHANGELOG, SOURCES
from tables.commit_log import CommitLog
from tables.partition import PartitionTable
from tidemark.definitions.files import load_definitions
from tidemark.definitions.proposals import first_versions
from tidemark.settings.settings import Settings

Definition = dict[str, Any]

# About as many as a worker fetches at once under load, over all partitions.
DOCUMENTS_A_FETCH = 5_000
_NO_END = 2**63 - 1


def own_definitions() -> list[Definition]:
    """Those of benchmarks/definitions."""
    return [each.document for each in load_definitions(DEFINITIONS).documents]


class Part(NamedTuple):
    """A batch of one partition's records as a broker has it, and the offset of the first."""

    topic: str
    partition: int
    offset: int
    data: bytes


def fetches(documents: Sequence[Document], now_ms: int, at_once: int = DOCUMENTS_A_FETCH) -> list[list[Part]]:
    """The documents as a worker that is behind would fetch them, so many at once, a list of parts a fetch; all appended at `now_ms`."""
    ends: defaultdict[tuple[str, int], int] = defaultdict(int)
    found = []
    for start in range(0, len(documents), at_once):
        values: defaultdict[tuple[str, int], list[Document]] = defaultdict(list)
        for document in documents[start : start + at_once]:
            values[f"{document.feed}.orders", partition_of(document.member_id)].append(document)
        parts = []
        for place, listed in values.items():
            batch = build([entry(each.member_id.encode(), each.value, NO_HEADERS) for each in listed], now_ms)
            # A batch begins with its offset, which the broker sets.
            parts.append(Part(*place, ends[place], ends[place].to_bytes(8, "big") + batch.data[8:]))
            ends[place] += len(listed)
        found.append(parts)
    return found


class _Nowhere(Producer):
    """Acknowledges every batch at once, and knows no offsets."""

    def __init__(self, kept: list[Write] | None) -> None:
        self._kept = kept

    def put(self, writes: Sequence[Write], done: Done, failed: Failed) -> Group:
        if self._kept is not None:
            self._kept += writes
        offsets = [-1] * len(writes)
        asyncio.get_running_loop().call_soon(done, offsets)
        return Group(offsets, 0, done, failed)


async def _tell_nobody(positions: dict[tuple[str, int], int]) -> None:
    """There is no group."""


class Offline:
    """A worker with all partitions and nothing around it."""

    def __init__(
        self, definitions: Sequence[Definition] | None = None, *, figures: bool = False, keep_writes: bool = False
    ) -> None:
        """Under the benchmark's definitions, unless others are given. `figures`: are on. `keep_writes`: in `writes`."""
        self.writes: list[Write] = []
        self._producer = _Nowhere(self.writes if keep_writes else None)
        settings = Settings(partitions=PARTITIONS, figures=figures)
        listed = own_definitions() if definitions is None else definitions
        self.rulebook = Rulebook(first_versions(listed), closes_after_ms=settings.keep_orders_ms())
        if self.rulebook.left_out:
            raise RuntimeError(f"left out are {self.rulebook.left_out}")
        self.shards = [_shard(partition, settings.keep_orders_ms()) for partition in range(PARTITIONS)]
        self._folding = settings.folding()
        self._publish_bytes = settings.publish_bytes

    async def run(self, fetched: Iterable[Sequence[Part]]) -> None:
        """Folds, commits and publishes fetch after fetch."""
        committer = Committer(self._producer, Identity(1, 0), "", self._publish_bytes, 1.0, _tell_nobody, None, no_probe)
        async with asyncio.TaskGroup() as group:
            committing = group.create_task(committer.run())
            for parts in fetched:
                self._arrive(parts)
                while busy := [shard for shard in self.shards if shard.busy()]:
                    sealed = [shard.fold(self.rulebook, self._folding) for shard in busy if shard.may_seal()]
                    await (committer.put(sealed) if sealed else committer.idle())
            await committer.idle()
            committing.cancel()

    def folded(self) -> int:
        """How many documents have been folded."""
        return sum(sum(shard.positions.values()) for shard in self.shards)

    def _arrive(self, parts: Sequence[Part]) -> None:
        by_partition: defaultdict[int, list[tuple[str, Fetched]]] = defaultdict(list)
        for topic, partition, offset, data in parts:
            parsed = parse(data, offset, _NO_END)
            fetched = Fetched(topic, partition, offset, parsed.records, parsed.next_offset, parsed.next_offset)
            by_partition[partition].append((topic, fetched))
        for partition, listed in by_partition.items():
            self.shards[partition].arrive(listed)


def _shard(partition: int, keep_orders_ms: int) -> Shard:
    positions = dict.fromkeys(SOURCES, 0)
    log = CommitLog(AGGREGATE_CHANGELOG, partition, Identity(1, 0), 0)
    return Shard(PartitionTable(partition, {}, keep_orders_ms), log, positions)
