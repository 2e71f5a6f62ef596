"""A system as its workers leave it, standing on the embedded broker: what commands that ask a running system read, without its workers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import confluent_kafka

from agents.turns.turn import Turn
from broker.embedded import PARTITIONS
from broker.wire.batches import place_of
from broker.wire.records import Record
from rules.clock import DocumentsClock
from streams.routing import partition_of
from streams.topics import AGGREGATE_CHANGELOG, POS_ORDERS, TOPICS
from tables.partition import PartitionTable
from tests.command import tidemark
from tests.entries import read_back
from tests.folding import Document, Folding

_PREFIX = "tidemark."


class _Folding(Folding):
    """Keeps of each record in which partition it stands."""

    placed: dict[tuple[str, int], list[Record]]

    def seal(self, table: PartitionTable, turn: Turn) -> None:
        already = len(self.committed)
        super().seal(table, turn)
        self.placed.setdefault((AGGREGATE_CHANGELOG, table.partition), []).extend(self.committed[already:])
        for topic, entries in turn.outputs.by_topic.items():
            self.placed.setdefault(place_of(topic, table.partition), []).extend(read_back(entries))


class Standing:
    """Definitions, documents folded in their order by their own clock, and all of it put onto the topics."""

    def __init__(self, servers: str, folder: Path, definitions: Sequence[Document], documents: Sequence[Document]) -> None:
        self.servers = servers
        self._producer = confluent_kafka.Producer({"bootstrap.servers": servers, "log_level": 0})
        for place, document in enumerate(definitions):
            # In their order: so their refs are those of the folding.
            folder.joinpath(f"{place:03}.json").write_text(json.dumps(document))
        self.said("publish", folder)
        self.folding = _Folding(definitions, DocumentsClock(), partitions=PARTITIONS, figures=True)
        self.folding.placed = {}
        for document in documents:
            self.folding.take(document)
            self.put(POS_ORDERS, str(document.get("member_id") or ""), document)
        self.folding.turn()
        for (topic, partition), records in self.folding.placed.items():
            for record in records:
                self._producer.produce(_PREFIX + topic, record.value, record.key, partition)
        for spec in TOPICS:
            # They are there, whatever stands on them.
            self._producer.list_topics(_PREFIX + spec.name, timeout=20)
        assert self._producer.flush(30) == 0

    def put(self, topic: str, member_id: str, document: Document) -> None:
        """A document on a feed, which no worker has taken."""
        data = json.dumps(document).encode()
        self._producer.produce(_PREFIX + topic, data, member_id.encode(), partition_of(member_id, PARTITIONS))
        assert self._producer.flush(30) == 0

    def run(self, *arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
        """A command."""
        return tidemark(*arguments, brokers=self.servers, partitions=str(PARTITIONS), **settings)

    def said(self, *arguments: str | Path, **settings: str) -> str:
        """What a command said that went well."""
        ran = self.run(*arguments, **settings)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout
