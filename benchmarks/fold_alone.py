"""What the fold alone takes of the orders that benchmarks/replaying.py plays: python -m benchmarks.fold_alone [LINES]

In this process, in turns of all that was fetched, sealed and sent nowhere; by a broker's clock, whose records were appended when their
documents say. It is what a replay in its own process cannot be quicker than: it folds line by line, by one clock of all partitions.
"""

from __future__ import annotations

import gc
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from itertools import count, islice
from pathlib import Path

from agents.replaying.line_types import feed_of
from agents.turns.shard import Shard
from benchmarks.offline import DOCUMENTS_A_FETCH
from benchmarks.places import DEFINITIONS
from benchmarks.replaying import shop_lines, small_lines
from broker.client.fetch import Fetched
from broker.client.produce import Identity
from broker.wire.records import Record
from rules.documents.kinds import time_of
from rules.rulebook.rulebook import Rulebook
from rules.state import NEVER_MS
from streams.decode import ANY_ZONE, decode
from streams.routing import partition_of
from streams.topics import AGGREGATE_CHANGELOG, SOURCES
from tables.commit_log import CommitLog
from tables.partition import PartitionTable
from tidemark import sample
from tidemark.compiled_copy import is_compiled
from tidemark.definitions.files import load_definitions
from tidemark.definitions.proposals import first_versions
from tidemark.settings.settings import Settings

LOADS: Mapping[str, tuple[Callable[[int], Iterator[bytes]], Path]] = {
    "shop": (shop_lines, sample.definitions_dir()),
    "small": (small_lines, DEFINITIONS),
}
_LINES = 20_000


def fetches(lines: Iterator[bytes], settings: Settings) -> Iterator[Mapping[int, list[tuple[str, Fetched]]]]:
    """The lines as a worker that is behind would fetch them, by partition."""
    limits = settings.folding().limits
    offsets: defaultdict[tuple[int, str], Iterator[int]] = defaultdict(count)
    while some := list(islice(lines, DOCUMENTS_A_FETCH)):
        records: defaultdict[tuple[int, str], list[Record]] = defaultdict(list)
        for raw in some:
            document = decode(raw, limits, ANY_ZONE)
            member_id = document.member_id or ""
            place = partition_of(member_id, settings.partitions), feed_of(document)
            records[place].append(Record(next(offsets[place]), time_of(document, 0), member_id.encode(), raw, []))
        parts: defaultdict[int, list[tuple[str, Fetched]]] = defaultdict(list)
        for (partition, feed), listed in records.items():
            until = listed[-1].offset + 1
            parts[partition].append((feed, Fetched(feed, partition, listed[0].offset, listed, until, until)))
        yield parts


def cpu_us(lines: Iterator[bytes], definitions: Path) -> float:
    """CPU a line."""
    settings = Settings()
    documents = [each.document for each in load_definitions(definitions).documents]
    rulebook, folding = Rulebook(first_versions(documents), closes_after_ms=NEVER_MS), settings.folding()
    shards = [
        Shard(
            PartitionTable(partition, {}, settings.keep_orders_ms()),
            CommitLog(AGGREGATE_CHANGELOG, partition, Identity(1, 0), 0),
            dict.fromkeys(SOURCES, 0),
        )
        for partition in range(settings.partitions)
    ]
    fetched = list(fetches(lines, settings))
    gc.collect()
    gc.freeze()
    gc.disable()
    begun, folded = time.process_time(), 0
    for parts in fetched:
        for partition, arrived in parts.items():
            shard = shards[partition]
            shard.arrive(arrived)
            while shard.busy():
                sealed = shard.fold(rulebook, folding)
                shard.published_through = sealed.turn
                folded += sealed.documents
    taken = time.process_time() - begun
    gc.enable()
    return 1e6 * taken / folded


def main() -> None:
    """Prints a line a load."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else _LINES
    for name, (lines_of, definitions) in LOADS.items():
        how = "compiled" if is_compiled() else "pure Python"
        print(f"{name}, the fold alone, {how}: {cpu_us(islice(lines_of(lines), lines), definitions):.0f} us of CPU an order")


if __name__ == "__main__":
    main()
