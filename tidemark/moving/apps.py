"""What there is to be moved: each kind of worker's changelog, with the sources whose positions stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from broker.client.cluster import Cluster
from streams.topics import AGGREGATE_CHANGELOG, SOURCES
from tables.commit_log import Corrupt
from tables.head import Head
from tidemark.moving.faults import CannotMove
from tidemark.reading.partitions import read_partition
from tidemark.reading.topics import Topics
from tidemark.settings.settings import Settings
from tidemark.workers.delivery import SINKS


class Moved(NamedTuple):
    """A consumer group, its changelog and its sources, by short name."""

    group: str
    changelog: str
    sources: Sequence[str]


class Kept(NamedTuple):
    """Where a changelog partition ends, and its newest head; of turn 0 where there is none."""

    end: int
    head: Head


MOVED = (
    Moved("aggregate", AGGREGATE_CHANGELOG, SOURCES),
    *(Moved(route.group, route.changelog, tuple(route.decode)) for route in SINKS.values()),
)


def none_runs(cluster: Cluster, settings: Settings) -> None:
    """Raises CannotMove while a worker is in a group."""
    for moved in MOVED:
        if members := cluster.group_members(settings.prefix + moved.group):
            raise CannotMove(
                f"workers are in the group {settings.prefix}{moved.group} ({members}): stop them (SIGTERM); where one was killed or "
                "has a name, wait until its session is over"
            )


async def kept_in(topics: Topics, topic: str, partition: int, settings: Settings, *, copied: bool) -> Kept:
    """What a changelog partition holds now, read without taking it over; `copied`: from elsewhere. Raises CannotMove."""
    try:
        kept = await read_partition(topics, topic, partition, settings.keep_orders_ms(), copied=copied)
    except Corrupt as error:
        raise CannotMove(str(error)) from error
    return Kept(kept.end, kept.table.head)
