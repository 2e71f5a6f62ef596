"""The handover of a cluster that is left: how far its workers were, in words that hold on another cluster.

Offsets do not: a copy has others. What does is the order of a partition's records. So of each source it is said how many records at
its end were not taken, and what those and some before them are.
"""

from __future__ import annotations

from aiokafka.client import AIOKafkaClient

from broker.client.offsets import Place
from streams.topics import DEFINITIONS, REKEYED
from tables.head import Head
from tidemark.moving.apps import MOVED, kept_in
from tidemark.moving.digest import Digest
from tidemark.moving.faults import CannotMove
from tidemark.moving.handover import Handover, Owned, Tail, Whole
from tidemark.reading.topics import Topics
from tidemark.settings.settings import Settings

# Records that were taken, at the end of a source, by which a copy is known.
LOOK_BACK = 100


async def make_handover(client: AIOKafkaClient, settings: Settings) -> Handover:
    """Reads how far everything is; no worker may run. Raises CannotMove, BrokerUnavailable."""
    topics = Topics(client)
    changelogs: dict[str, dict[int, Owned]] = {}
    for moved in MOVED:
        heads: dict[int, Head] = {}
        for partition in range(settings.partitions):
            head = (await kept_in(topics, settings.prefix + moved.changelog, partition, settings, copied=False)).head
            if head.turn:
                heads[partition] = head
        owned = changelogs[moved.changelog] = {}
        for partition, head in heads.items():
            tails = {topic: await _tail(topics, settings.prefix, topic, partition, head) for topic in moved.sources}
            owned[partition] = Owned(head.turn, tails)
        _check_rekeyed(heads, owned)
    definitions = await whole(topics, settings.prefix + DEFINITIONS)
    return Handover(settings.partitions, changelogs, definitions)


async def whole(topics: Topics, topic: str) -> Whole:
    """All of a topic of one partition, with when each record came: versions hold from then."""
    place = (topic, 0)
    digest = Digest()
    async for record in topics.records(place, *await topics.span(place)):
        digest.add(record, with_time=True)
    return Whole(digest.records, digest.hex())


async def _tail(topics: Topics, prefix: str, topic: str, partition: int, head: Head) -> Tail:
    place: Place = (prefix + topic, partition)
    earliest, end = await topics.span(place)
    position = head.positions.get(topic, earliest)
    if not earliest <= position <= end:
        raise CannotMove(
            f"{place[0]}/{partition} has offsets {earliest} to {end}, and is to be read on from {position}: start a worker, it says why"
        )
    digest, left = Digest(), 0
    async for record in topics.records(place, max(earliest, position - LOOK_BACK), end):
        digest.add(record, with_time=record.offset >= position)
        left += record.offset >= position
    return Tail(digest.records, left, digest.hex())


def _check_rekeyed(heads: dict[int, Head], owned: dict[int, Owned]) -> None:
    """What was re-keyed says so by the offset that it had, which means nothing on another cluster: none may be under way."""
    for partition, head in heads.items():
        tail = owned[partition].sources.get(REKEYED)
        under_way = tail is not None and tail.left > 0
        for source, offset in head.rekeyed_through.items():
            topic, _, number = source.partition("/")
            of = heads.get(int(number))
            under_way = under_way or of is None or of.positions.get(topic, 0) <= offset
        if under_way:
            raise CannotMove(
                f"documents were being re-keyed to partition {partition} when the workers ended: start them, wait until nothing is left "
                f"on {REKEYED} (the group's lag), stop them with SIGTERM, and ask again"
            )
