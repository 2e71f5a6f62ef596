"""What activities have brought, over all their versions (spec 2.7): as the figures' worker keeps it in Redis, or from the topic itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from broker.client.client import open_client
from broker.client.produce import settled
from rules.figures.additions import Performance
from sinks.sink import SinkDown
from streams.topics import FIGURES
from tidemark.reading.topics import Topics
from tidemark.replay.outputs.performance import Performances
from tidemark.settings.settings import Settings


class Unknown(NamedTuple):
    """Why there are no figures, and what to do."""

    said: str


async def from_redis(settings: Settings, codes: Iterable[str]) -> Mapping[str, Performance] | Unknown:
    """Of these activities, as far as `tidemark figures` has added."""
    from sinks.figures.hashes import performance_of

    figures = settings.live_figures()
    try:
        if not await figures.of("through"):
            return Unknown("no figures are in Redis yet: start `tidemark figures`, or ask with --from-topic")
        return {code: performance_of(await figures.of(f"activity:{code}")) for code in codes}
    except SinkDown as error:
        return Unknown(f"figures are not shown: {error}")
    finally:
        await figures.close()


async def from_the_topic(settings: Settings) -> Mapping[str, Performance]:
    """Of all activities: what every turn has added, each turn once. Raises BrokerUnavailable."""
    topic = settings.prefix + FIGURES
    client = await open_client(settings.connection(), "tidemark-figures-read")
    performances = Performances()
    try:
        await settled(client, [topic])
        topics = Topics(client)
        for partition in sorted(client.cluster.partitions_for_topic(topic) or ()):
            place = (topic, partition)
            async for record in topics.records(place, *await topics.span(place)):
                performances.take(FIGURES, record.value or b"")
    finally:
        await client.close()
    return performances.by_activity
