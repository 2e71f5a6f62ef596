"""A worker of a replay, as a process of its own: `python -m tidemark.replay.worker aggregate|deliver [embedded] [delivered]`."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Mapping, Sequence

from confluent_kafka import Consumer, TopicPartition

from agents.turns.credits import Place, ReaderCredits
from broker.embedded import KEPT_BYTES
from rules.clock import DocumentsClock
from streams.topics import GIFTS, RELEASES
from tidemark.replay.asking import committed
from tidemark.replay.outputs.table import READ_TOPICS
from tidemark.replay.reader import delivery_group, reader_group
from tidemark.settings.settings import Settings
from tidemark.workers.aggregation import Worker
from tidemark.workers.delivery import DeliveryWorker
from tidemark.workers.group_worker import WorkerOptions
from tidemark.workers.running import run_worker


def reader_credits(settings: Settings, *, delivered: bool) -> ReaderCredits:
    """Credits of those who read: the reader of the replay and, where there is one, the delivery."""
    topics = [settings.prefix + topic for topic in READ_TOPICS]
    groups: Mapping[str, Sequence[str]] = {
        reader_group(settings): topics,
        **({delivery_group(settings): [settings.prefix + topic for topic in (GIFTS, RELEASES)]} if delivered else {}),
    }
    consumers = {group: Consumer({**settings.connection().confluent(), "group.id": group}) for group in groups}

    async def read_offsets(places: Sequence[Place]) -> dict[Place, int]:
        found: dict[Place, int] = {}
        for group, read in groups.items():
            asked = [TopicPartition(*place) for place in places if place[0] in read]
            for each in await asyncio.to_thread(committed, consumers[group], asked) if asked else ():
                place = (each.topic, each.partition)
                found[place] = min(found.get(place, max(0, each.offset)), max(0, each.offset))
        return found

    return ReaderCredits(topics, read_offsets, KEPT_BYTES)


def _end_with_standard_input() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def main() -> None:
    """Runs until SIGTERM, or until standard input ends: whoever started it is gone."""
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    kind, *modes = sys.argv[1:]
    settings = Settings()
    embedded, delivered = "embedded" in modes, "delivered" in modes
    options = WorkerOptions(
        documents_clock=DocumentsClock() if kind == "aggregate" else None,
        embedded=embedded,
        credits=(lambda settings: reader_credits(settings, delivered=delivered)) if embedded and kind == "aggregate" else None,
    )
    make = Worker if kind == "aggregate" else DeliveryWorker
    run_worker(settings, lambda: make(settings, options))


if __name__ == "__main__":
    main()
