"""A kept changelog recovered as a worker does it, and gone on from by today's code."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from unittest.mock import patch

from broker.client.fetch import Fetched
from broker.client.produce import Identity
from broker.wire.batches import ByTopic
from broker.wire.parse import parse
from rules.state import HeldRefund
from streams.topics import POS_ORDERS
from tables.commit_log import CommitLog
from tables.partition import PartitionTable
from tests.folding import KEEP_ORDERS_MS, Folding
from tests.oracle import Outcome
from tests.oracle.compare import level_differences, sum_differences
from tests.upgrade.kept import PARTITION, PARTITIONS, Kept, Line
from tests.upgrade.rulebook import rulebook_of_records


class _Broker:
    """Has the batches of one partition."""

    def __init__(self, batches: list[bytes]) -> None:
        self.records, _, self.end, *_ = parse(b"".join(batches), 0, 2**40)
        self.client = None

    async def fetch(self, *_: object) -> list[Fetched]:
        return [Fetched("log", PARTITION, 0, self.records, self.end, self.end)]


async def _from_the_beginning(_: object, places: list[tuple[str, int]], __: int) -> dict[tuple[str, int], int]:
    return dict.fromkeys(places, 0)


def _one(_: object, places: list[tuple[str, int]]) -> dict[int, list[tuple[str, int]]]:
    return {1: places}


class Release:
    """Today's, on a partition that another left. `unpublished`: what it must publish again, by turn."""

    def __init__(self, kept: Kept) -> None:
        broker: Any = _Broker(kept.batches)
        table = PartitionTable(PARTITION, {POS_ORDERS: "of-old"}, KEEP_ORDERS_MS, seed=1)
        log = CommitLog("log", PARTITION, Identity(1, 0), broker.end)
        with patch("tables.commit_log.offsets", _from_the_beginning), patch("broker.client.reading.leaders", _one):
            recovered = asyncio.run(log.recover(broker, table, 1))
        self.unpublished: dict[int, ByTopic] = recovered.unpublished
        self.table = table
        self.folding = Folding(kept.rules(), partitions=PARTITIONS)
        self.folding.rulebook = rulebook_of_records(kept.definitions)
        self.folding.tables[PARTITION] = table

    def take(self, lines: list[Line], at_least_ms: int = 0) -> None:
        """Folds lines, in turns of some; none comes before `at_least_ms`."""
        for number, line in enumerate(lines):
            now_ms = max(line.timestamp_ms, at_least_ms)
            headers = [(name, value) for name, value in line.headers]
            self.folding.take(line.value, now_ms=now_ms, topic=line.topic, partition=PARTITION, headers=headers)
            if number % 30 == 29:
                self.folding.turn()
        self.folding.turn()
        self.folding.sweep(self.table.clock.now_ms)

    def held(self) -> list[HeldRefund]:
        """The refunds that wait for their orders."""
        members = [self.folding.member(member_id) for member_id in self.table.members]
        return [held for member in members if member is not None for held in member.held]

    def differences(self, expected: Outcome) -> list[str]:
        """Of levels, progress, spending and refunds that wait, from what the oracle says."""
        held = Counter(refund.raw for refund in self.held())
        return [
            *level_differences(expected, self.folding.levels()),
            *sum_differences(expected.progress, self.folding.progress()),
            *sum_differences(expected.spending, self.folding.spending()),
            *(f"held: {raw!r}" for raw in (held - Counter(expected.held)) + (Counter(expected.held) - held)),
        ]
