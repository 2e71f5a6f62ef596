"""Definitions put on their topic, as new versions of what is there, and read back (spec 2.5)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.fence import acquire
from broker.client.produce import Fenced, Producer, Write, WriteFailed, settled
from broker.wire.batches import build
from rules.bulk.edited import missed
from rules.definitions.bulk import BULK
from rules.definitions.differences import told
from rules.definitions.saved import NewerFormat, Saved
from rules.documents.change import Change
from rules.refused import Refused
from rules.rulebook.changing import check_references
from rules.rulebook.rulebook import Rulebook
from rules.times import at_utc, epoch_ms, moment
from streams.definitions import Definitions
from tidemark.definitions.proposals import NotPublished, Proposal, batches, proposals, saves, user_name

_DEADLINE_SECONDS = 30.0
_READ_AGAIN_SECONDS = 0.1


class Published(NamedTuple):
    """What publishing did with a definition: `what` is `new`, `changed` or `unchanged`; `saved`: the version that stands now; `before`: the
    document before it, None where there is none. `missed`: what the schedule of a bulk does not do (spec 2.9); "": nothing.
    """

    what: str
    saved: Saved
    before: Mapping[str, object] | None
    missed: str = ""


# What is to be published, by what stands on the topic now (epoch ms). Raises NotPublished.
_Make = Callable[[Definitions, int], Sequence[Change]]


async def publish_definitions(
    connection: Connection,
    topic: str,
    documents: Sequence[dict[str, object]],
    closes_after_ms: int,
    existing_at: datetime | None = None,
) -> list[Published]:
    """Appends each document that differs from its newest version; documents must have been checked. `closes_after_ms`: how long after an
    activity is over its books close. `existing_at`: when programs that change come to hold for the members who are there (spec 3.6).

    Raises BrokerUnavailable, and NotPublished where it was refused, or somebody else published the same version first.
    """

    def made(_: Definitions, now_ms: int) -> Sequence[Change]:
        if existing_at is not None and epoch_ms(existing_at) <= now_ms:
            raise NotPublished(f"{at_utc(epoch_ms(existing_at))} has passed: give a time to come, or none. Nothing was published")
        return saves(documents, user_name(), now_ms, existing_at)

    return await _publish(connection, topic, made, closes_after_ms)


async def publish_change(connection: Connection, topic: str, change: Change, closes_after_ms: int) -> Published:
    """Appends one change of a definition, checked among those that are there. Raises as `publish_definitions`."""

    def checked(definitions: Definitions, now_ms: int) -> Sequence[Change]:
        made = replace(change, saved_at=moment(now_ms))
        try:
            check_references(change.document, definitions.rulebook)
        except Refused as refused:
            raise NotPublished(f"{change.kind}/{change.code}: {refused.problem}. Nothing was published") from refused
        return [made]

    (published,) = await _publish(connection, topic, checked, closes_after_ms)
    return published


async def read_rulebook(connection: Connection, topic: str) -> Rulebook:
    """What stands on the topic, compiled. Raises BrokerUnavailable, NewerFormat."""
    client = await open_client(connection, "tidemark-definitions")
    try:
        await settled(client, [topic])
        definitions = Definitions(client, topic)
        await definitions.read_to_end()
        return definitions.rulebook
    finally:
        await client.close()


async def _publish(connection: Connection, topic: str, make: _Make, closes_after_ms: int) -> list[Published]:
    client = await open_client(connection, "tidemark-publish")
    try:
        await settled(client, [topic])
        definitions = Definitions(client, topic)
        try:
            await definitions.read_to_end()
        except NewerFormat as error:
            raise NotPublished(f"{error}. Nothing was published") from error
        now_ms = int(time.time() * 1000)
        changes = make(definitions, now_ms)
        found, unchanged = proposals(changes, definitions.versions, definitions.rulebook, now_ms, closes_after_ms)
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
            *(Published("unchanged", saved, saved.document) for saved in unchanged),
            *(
                Published(
                    "new" if each.saved.version == 1 else "changed", each.saved, each.before, _missed(each, definitions.rulebook)
                )
                for each in found
            ),
        ]
    finally:
        await client.close()


def _missed(found: Proposal, rulebook: Rulebook) -> str:
    """What a bulk's schedule does not do, by the definitions as they are now."""
    chain = rulebook.chain(found.saved.kind, found.saved.code)
    if chain is None or chain.kind is not BULK or found.saved.change != "save" or chain.newest is None:
        return ""
    return missed(rulebook.runs.chain(chain.versions[0].ref)) if chain.newest.saved.version == found.saved.version else ""


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
            if (first.change, first.document) != (ours.saved.change, ours.saved.document):
                lost.append(f"{first.name}: {told(first, ours.before)}, first")
        if left:
            if time.monotonic() > give_up_at:
                names = ", ".join(each.saved.name for each in left.values())
                raise NotPublished(f"{names} cannot be read back: look at the topic")
            await asyncio.sleep(_READ_AGAIN_SECONDS)
    if lost:
        others = len(found) - len(lost)
        rest = f"; the {others} others of this set are" if others else ""
        raise NotPublished(f"{'; '.join(lost)}: that stands, and yours is not published{rest}. Look at it, and publish again")
