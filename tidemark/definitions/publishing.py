"""Definitions put on their topic, as new versions of what is there (spec 2.5)."""

from __future__ import annotations

import getpass
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.fence import acquire
from broker.client.produce import Producer, Write, settled
from broker.wire.batches import NO_HEADERS, Entry, build, entry
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.state import NEVER_MS
from rules.times import DAY_MS
from streams.definitions import Definitions

_DEADLINE_SECONDS = 30.0
_RECORDS_A_BATCH = 500
# No activity is changed that is closer to its closing than that: until the new version holds, workers' clocks go on, and differ.
_CLOSING_MARGIN_MS = DAY_MS


class Change(NamedTuple):
    """What publishing did with a definition."""

    kind: str
    code: str
    version: int
    what: str


def first_versions(documents: Sequence[dict[str, object]]) -> list[tuple[int, Saved]]:
    """The documents as they would stand on an empty topic, with their refs."""
    return [
        (ref, Saved(kind=document["kind"], code=str(document["code"]), version=1, saved_at_ms=0, document=document))  # type: ignore[arg-type]
        for ref, document in enumerate(documents)
    ]


def unadjustable(present: Mapping[str, object], document: Mapping[str, object]) -> str | None:
    """What of a published activity a new version would change but must not (spec 2.5): type, mode, measure or items; None if nothing."""
    if present.get("type") != document.get("type"):
        return "type"
    before, after = present.get("condition"), document.get("condition")
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in ("mode", "measure", "items"):
            if before.get(name) != after.get(name):
                return f"condition.{name}"
    return None


class NotAdjustable(Exception):
    """A new version of an activity changes what must stay; the message says what to do."""


def is_closed(versions: Sequence[tuple[int, Saved]], code: str, closes_after_ms: int, now_ms: int) -> bool:
    """Whether an activity's books are closed, or are about to be: what members have of it is gone then, so that a later version would
    give its ordinals a second time (spec 2.4, 2.5).
    """
    refs = [ref for ref, saved in versions if (saved.kind, saved.code) == ("activity", code)]
    over_ms = Rulebook(versions).closings.over_ms(refs[0]) if refs else NEVER_MS
    return over_ms <= now_ms + _CLOSING_MARGIN_MS - closes_after_ms


async def publish_definitions(
    connection: Connection, topic: str, documents: Sequence[dict[str, object]], closes_after_ms: int
) -> list[Change]:
    """Appends each document that differs from its newest version; documents must have been checked. `closes_after_ms`: how long after an
    activity is over its books close.

    Raises BrokerUnavailable, NotAdjustable; then nothing was appended.
    """
    client = await open_client(connection, "tidemark-publish")
    try:
        await settled(client, [topic])
        definitions = Definitions(client, topic)
        await definitions.read_to_end()
        newest: dict[tuple[str, str], Saved] = {
            (saved.kind, saved.code): saved for _, saved in sorted(definitions.versions, key=lambda each: each[1].version)
        }
        changes: list[Change] = []
        records: list[Entry] = []
        for document in documents:
            kind, code = str(document["kind"]), str(document["code"])
            present = newest.get((kind, code))
            if present is not None and present.document == document:
                changes.append(Change(kind, code, present.version, "unchanged"))
                continue
            if present is not None and (name := unadjustable(present.document, document)) is not None:
                raise NotAdjustable(
                    f"{kind}/{code}: {name} of a published activity stays as it is (spec 2.5): put it back, or publish the changed "
                    "activity under another code. Nothing was published"
                )
            version = 1 if present is None else present.version + 1
            saved = Saved(
                kind=kind,
                code=code,
                version=version,
                saved_at_ms=int(time.time() * 1000),
                saved_by=getpass.getuser(),
                document=document,
            )
            if kind == "activity" and is_closed(list(definitions.versions), code, closes_after_ms, saved.saved_at_ms):
                raise NotAdjustable(
                    f"{kind}/{code}: it has been over for so long that its members' progress was dropped (TIDEMARK_LATE_DAYS + "
                    "TIDEMARK_REFUND_DAYS after its end); it stays as it is: publish it under another code. Nothing was published"
                )
            key = f"{kind}/{code}/{version}/{uuid.uuid4().hex}".encode()
            records.append(entry(key, msgspec.json.encode(saved), NO_HEADERS))
            changes.append(Change(kind, code, version, "new" if version == 1 else "changed"))
        producer = Producer(client, _DEADLINE_SECONDS)
        identity = await acquire(client, None, _DEADLINE_SECONDS)
        for start in range(0, len(records), _RECORDS_A_BATCH):
            chunk = records[start : start + _RECORDS_A_BATCH]
            sequence = identity.take(topic, 0, len(chunk))
            batch = build(chunk, int(time.time() * 1000), identity.producer_id, identity.epoch, sequence)
            await producer.send([Write(topic, 0, batch.data, batch.records)])
        return changes
    finally:
        await client.close()
