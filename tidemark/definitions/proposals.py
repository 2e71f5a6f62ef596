"""Documents as the next versions of what is published (spec 2.5)."""

from __future__ import annotations

import getpass
import os
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from broker.wire.batches import NO_HEADERS, Entry, entry
from rules.definitions.kinds import ACTIVITY
from rules.definitions.saved import Saved, write_saved
from rules.documents.change import PROGRAM, Change
from rules.refused import Refused
from rules.rulebook.changing import next_version
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS
from rules.times import DAY_MS, moment
from streams.definitions import Versions
from streams.topics import DEFINITIONS, TOPICS

# The topic takes no larger batch; a batch begins with 61 bytes, and a record with some for its lengths.
TOPIC_BYTES = int(next(topic for topic in TOPICS if topic.name == DEFINITIONS).config["max.message.bytes"])
BATCH_BYTES = TOPIC_BYTES - 1024
_RECORD_BYTES = 32
# No activity is changed that is closer to its closing than that: until the new version holds, workers' clocks go on, and differ.
_CLOSING_MARGIN_MS = DAY_MS
# Problems that are told of at once.
_TOLD_MAX = 20


class NotPublished(Exception):
    """What was to be published is not, or not all of it; the message says what, why, and what to do."""


class Proposal(NamedTuple):
    """A change as a new version. `before`: the document that it changes; None where there is none."""

    saved: Saved
    before: Mapping[str, object] | None
    record: Entry


def in_order(documents: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Documents in the order in which they are published: activities after what they refer to."""
    return sorted(documents, key=lambda document: document["kind"] == ACTIVITY)


def first_versions(documents: Sequence[dict[str, object]]) -> list[tuple[int, Saved]]:
    """The documents as they would stand on an empty topic, saved before all time, with their refs."""
    return [
        (ref, Saved(kind=str(document["kind"]), code=str(document["code"]), version=1, saved_at_ms=ALWAYS_MS, document=document))
        for ref, document in enumerate(in_order(documents))
    ]


def saves(documents: Sequence[dict[str, object]], saved_by: str, now_ms: int, existing_at: datetime | None = None) -> list[Change]:
    """Each document saved, in the order in which they are published. `existing_at`: when programs come to hold for those who are there."""
    return [
        Change(
            change="save",
            kind=str(document["kind"]),
            code=str(document["code"]),
            saved_at=moment(now_ms),
            saved_by=saved_by,
            document=document,
            existing_at=existing_at if document["kind"] == PROGRAM else None,
        )
        for document in in_order(documents)
    ]


def proposals(
    changes: Sequence[Change], versions: Versions, rulebook: Rulebook, now_ms: int, closes_after_ms: int
) -> tuple[list[Proposal], list[Saved]]:
    """Those changes that change something, as the next versions, of one definition each; and the versions that others leave as they are.

    Raises NotPublished where a change may not be made, a worker would leave a version out, the topic would not take it, or the books of an
    activity are closed.
    """
    found: list[Proposal] = []
    unchanged: list[Saved] = []
    problems: list[str] = []
    for change in changes:
        chain = rulebook.chain(change.kind, change.code)
        newest = None if chain is None else chain.newest
        try:
            saved = next_version(change, rulebook, now_ms * 1000)
        except Refused as refused:
            problems.append(f"{change.kind}/{change.code}: {refused.problem}")
            continue
        if saved is None:
            assert newest is not None
            unchanged.append(newest.saved)
            continue
        if chain is not None and saved.kind == ACTIVITY and is_closed(rulebook, chain.versions[0].ref, closes_after_ms, now_ms):
            problems.append(_closed(saved))
        key = f"{saved.kind}/{saved.code}/{saved.version}/{uuid.uuid4().hex}".encode()
        before = None if newest is None else newest.document
        found.append(Proposal(saved, before, entry(key, write_saved(saved), NO_HEADERS)))
    _refuse([*problems, *_too_large(found), *_left_out(found, versions, rulebook)])
    return found, unchanged


def batches(found: Sequence[Proposal]) -> list[list[Entry]]:
    """The records, as many together as the topic takes."""
    together: list[list[Entry]] = []
    left = 0
    for each in found:
        size = len(each.record) + _RECORD_BYTES
        if size > left:
            together.append([])
            left = BATCH_BYTES
        together[-1].append(each.record)
        left -= size
    return together


def user_name() -> str:
    """Who saves: the user's name, or the number of one without a name, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return f"uid {os.getuid()}"


def is_closed(rulebook: Rulebook, first_ref: int, closes_after_ms: int, now_ms: int) -> bool:
    """Whether an activity's books are closed, or are about to be: what members have of it is gone then, so that a later version would
    give its ordinals a second time (spec 2.4, 2.5).
    """
    return rulebook.closings.over_ms(first_ref) <= now_ms + _CLOSING_MARGIN_MS - closes_after_ms


def _closed(saved: Saved) -> str:
    return (
        f"{saved.name}: it has been over for so long that its members' progress was dropped (TIDEMARK_LATE_DAYS + TIDEMARK_REFUND_DAYS "
        "after its end); it stays as it is: publish it under another code"
    )


def _too_large(found: Sequence[Proposal]) -> list[str]:
    return [
        f"{each.saved.name} is too large: {len(each.record)} bytes, and the topic takes {BATCH_BYTES - _RECORD_BYTES}; split it"
        for each in found
        if len(each.record) + _RECORD_BYTES > BATCH_BYTES
    ]


def _left_out(found: Sequence[Proposal], versions: Versions, rulebook: Rulebook) -> list[str]:
    """What the workers' rulebook would leave out."""
    proposed = {versions.next_ref + number: each.saved for number, each in enumerate(found)}
    after = Rulebook([*versions, *proposed.items()], rulebook)
    return [f"{each.saved.name}: {each.fault}" for each in after.left_out if each.ref in proposed]


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        more = f"; and {len(problems) - _TOLD_MAX} more" if len(problems) > _TOLD_MAX else ""
        raise NotPublished(f"{'; '.join(problems[:_TOLD_MAX])}{more}. Nothing was published")
