"""Definitions put on their topic, as new versions of what is there, and read back (spec 2.5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.fence import acquire
from broker.client.produce import Fenced, Producer, Write, WriteFailed, settled
from broker.wire.batches import build
from rules.definitions.saved import NewerFormat, Saved
from streams.definitions import Definitions
from tidemark.definitions.proposals import NotPublished, Proposal, batches, changed_fields, differing, proposals, user_name

_DEADLINE_SECONDS = 30.0
_READ_AGAIN_SECONDS = 0.1


class Change(NamedTuple):
    """What publishing did with a definition."""

    kind: str
    code: str
    version: int
    what: str


async def publish_definitions(
    connection: Connection, topic: str, documents: Sequence[dict[str, object]], closes_after_ms: int
) -> list[Change]:
    """Appends each document that differs from its newest version; documents must have been checked. `closes_after_ms`: how long after an
    activity is over its books close.

    Raises BrokerUnavailable, and NotPublished where it was refused, or somebody else published the same version first.
    """
    client = await open_client(connection, "tidemark-publish")
    try:
        await settled(client, [topic])
        definitions = Definitions(client, topic)
        try:
            await definitions.read_to_end()
        except NewerFormat as error:
            raise NotPublished(f"{error}. Nothing was published") from error
        now_ms = int(time.time() * 1000)
        found, unchanged = proposals(documents, definitions.versions, definitions.rulebook, user_name(), now_ms, closes_after_ms)
        producer = Producer(client, _DEADLINE_SECONDS)
        identity = await acquire(client, None, _DEADLINE_SECONDS)
        try:
            for entries in batches(found):
                sequence = identity.take(topic, 0, len(entries))
                batch = build(entries, now_ms, identity.producer_id, identity.epoch, sequence)
                await producer.send([Write(topic, 0, batch.data, batch.records)])
        except (WriteFailed, Fenced) as error:
            raise NotPublished(f"{error}. Some may be published: publish again, what is there already stays as it is") from error
        await _read_back(definitions, found)
        return [
            *(Change(saved.kind, saved.code, saved.version, "unchanged") for saved in unchanged),
            *(Change(s.kind, s.code, s.version, "new" if before is None else "changed") for s, before, _ in found),
        ]
    finally:
        await client.close()


async def _read_back(definitions: Definitions, found: Sequence[Proposal]) -> None:
    """Waits until every version stands on the topic. Raises NotPublished where one of them is somebody else's, who was first."""
    give_up_at = time.monotonic() + _DEADLINE_SECONDS
    versions = definitions.versions
    left = {(each.saved.kind, each.saved.code, each.saved.version): each for each in found}
    lost = []
    while left:
        await definitions.read_to_end()
        for place in [place for place in left if place in versions]:
            ours, first = left.pop(place), versions[place]
            if first.document != ours.saved.document:
                lost.append(_outrun(ours, first))
        if left:
            if time.monotonic() > give_up_at:
                raise NotPublished(f"{', '.join(each.name for each in left.values())} cannot be read back: look at the topic")
            await asyncio.sleep(_READ_AGAIN_SECONDS)
    if lost:
        others = len(found) - len(lost)
        rest = f"; the {others} others of this set are" if others else ""
        raise NotPublished(f"{'; '.join(lost)}: that stands, and yours is not published{rest}. Look at it, and publish again")


def _outrun(ours: Proposal, first: Saved) -> str:
    """That another was first, and what he changed."""
    by, changed = first.saved_by or "somebody", changed_fields(ours.before, first.document)
    differs = ", ".join(differing(ours.saved.document, first.document))
    return f"{ours.name} version {first.version} was published by {by} first ({changed}; other than yours in {differs})"
