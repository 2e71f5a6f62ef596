"""`tidemark handover`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from broker.client.client import open_client
from broker.client.cluster import Cluster
from broker.client.produce import settled
from streams.topics import TOPICS
from tidemark.logs import configure_logging
from tidemark.moving.apps import none_runs
from tidemark.moving.faults import CannotMove
from tidemark.moving.handover import Handover, write_handover
from tidemark.moving.leaving import make_handover
from tidemark.settings.settings import Settings
from tidemark.terminal import give_up, say


def handover(file: Path, /) -> None:
    """Write into FILE how far the workers are, in words that hold on a copy of the topics; `tidemark adopt` takes it. No worker may run."""
    settings = Settings()
    configure_logging(settings.log_level)
    try:
        none_runs(Cluster(settings.connection()), settings)
        made = asyncio.run(_make(settings))
    except CannotMove as error:
        give_up(str(error))
    write_handover(made, file)
    for changelog, partitions in made.changelogs.items():
        for partition, owned in partitions.items():
            left = ", ".join(f"{tail.left} of {topic}" for topic, tail in owned.sources.items() if tail.left)
            say(f"{changelog}/{partition}: turn {owned.turn}, not taken: {left or 'none'}")
    say(f"written to {file}; copy the topics to their ends now, and start no worker here any more")


async def _make(settings: Settings) -> Handover:
    client = await open_client(settings.connection(), "tidemark-handover")
    try:
        await settled(client, [settings.prefix + topic.name for topic in TOPICS])
        return await make_handover(client, settings)
    finally:
        await client.close()
