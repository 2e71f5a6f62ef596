"""The worker of a replay, as a process of its own: `python -m tidemark.replay_worker [embedded]`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from confluent_kafka import Consumer, TopicPartition

from agents.credits import Place, ReaderCredits
from broker.cluster import confluent_settings
from broker.embedded import KEPT_BYTES
from tidemark.replay_reader import READ_TOPICS
from tidemark.running import run_worker
from tidemark.settings import Settings
from tidemark.wiring import Worker, WorkerOptions

_TIMEOUT_SECONDS = 5.0


def reader_group(settings: Settings) -> str:
    """The consumer group in which the reader of a replay says how far it is."""
    return f"{settings.prefix}reader"


def reader_credits(settings: Settings, topics: Sequence[str]) -> ReaderCredits:
    """Credits of the reader's group, which reads these topics."""
    consumer = Consumer({**confluent_settings(settings.connection()), "group.id": reader_group(settings)})

    async def read_offsets(places: Sequence[Place]) -> dict[Place, int]:
        asked = [TopicPartition(*place) for place in places]
        answered = await asyncio.to_thread(consumer.committed, asked, _TIMEOUT_SECONDS)
        return {(each.topic, each.partition): max(0, each.offset) for each in answered}

    return ReaderCredits([settings.prefix + topic for topic in topics], read_offsets, KEPT_BYTES)


def main() -> None:
    """Runs until SIGTERM."""
    settings = Settings()
    if sys.argv[1:] == ["embedded"]:
        options = WorkerOptions(documents_clock=True, embedded=True, credits=lambda settings: reader_credits(settings, READ_TOPICS))
    else:
        options = WorkerOptions(documents_clock=True)
    run_worker(settings, lambda: Worker(settings, options))


if __name__ == "__main__":
    main()
