"""Documents as the next versions of what is published (spec 2.5)."""

from __future__ import annotations

import getpass
import os
import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from broker.wire.batches import NO_HEADERS, Entry, entry
from rules.definitions.kinds import ACTIVITY
from rules.definitions.saved import Saved, write_saved
from rules.rulebook.rulebook import Rulebook
from rules.times import DAY_MS
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
    """A document as a new version. `before`: the version before it; None where it is the first."""

    saved: Saved
    before: Saved | None
    record: Entry

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.saved.kind}/{self.saved.code}"


def in_order(documents: Sequence[dict[str, object]]) -> list[dict[str, object]]:
    """Documents in the order in which they are published: activities after what they refer to."""
    return sorted(documents, key=lambda document: document["kind"] == ACTIVITY)


def first_versions(documents: Sequence[dict[str, object]]) -> list[tuple[int, Saved]]:
    """The documents as they would stand on an empty topic, with their refs."""
    return [
        (ref, Saved(kind=str(document["kind"]), code=str(document["code"]), version=1, saved_at_ms=0, document=document))
        for ref, document in enumerate(in_order(documents))
    ]


def proposals(
    documents: Sequence[dict[str, object]],
    versions: Versions,
    rulebook: Rulebook,
    saved_by: str,
    now_ms: int,
    closes_after_ms: int,
) -> tuple[list[Proposal], list[Saved]]:
    """Those documents that differ from their newest versions, as the next ones; and the versions that others are equal to.

    Raises NotPublished where a worker would leave one out, the topic would not take it, or the books of an activity are closed.
    """
    newest: dict[tuple[str, str], Saved] = {}
    for _, saved in versions:
        known = newest.get((saved.kind, saved.code))
        if known is None or known.version < saved.version:
            newest[saved.kind, saved.code] = saved
    found: list[Proposal] = []
    unchanged: list[Saved] = []
    for document in in_order(documents):
        kind, code = str(document["kind"]), str(document["code"])
        before = newest.get((kind, code))
        if before is not None and before.document == document:
            unchanged.append(before)
            continue
        version = 1 if before is None else before.version + 1
        saved = Saved(
            kind=kind,
            code=code,
            version=version,
            saved_at_ms=now_ms,
            saved_by=saved_by,
            document=document,
        )
        key = f"{kind}/{code}/{version}/{uuid.uuid4().hex}".encode()
        found.append(Proposal(saved, before, entry(key, write_saved(saved), NO_HEADERS)))
    first_refs: dict[tuple[str, str], int] = {}
    for ref, saved in versions:
        first_refs.setdefault((saved.kind, saved.code), ref)
    closed = [
        f"{each.name}: it has been over for so long that its members' progress was dropped (TIDEMARK_LATE_DAYS + TIDEMARK_REFUND_DAYS "
        "after its end); it stays as it is: publish it under another code"
        for each in found
        if each.before is not None
        and each.saved.kind == ACTIVITY
        and is_closed(rulebook, first_refs[each.saved.kind, each.saved.code], closes_after_ms, now_ms)
    ]
    _refuse([*_too_large(found), *_left_out(found, versions, rulebook), *closed])
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


def differing(one: Mapping[str, object], other: Mapping[str, object]) -> list[str]:
    """The fields in which two documents differ."""
    return [name for name in {**one, **other} if one.get(name) != other.get(name)]


def changed_fields(before: Saved | None, after: Mapping[str, object]) -> str:
    """What a document changes of the version before, for a message."""
    return "new" if before is None else f"changed: {', '.join(differing(before.document, after))}"


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


def _too_large(found: Sequence[Proposal]) -> list[str]:
    return [
        f"{each.name} is too large: {len(each.record)} bytes, and the topic takes {BATCH_BYTES - _RECORD_BYTES}; split it"
        for each in found
        if len(each.record) + _RECORD_BYTES > BATCH_BYTES
    ]


def _left_out(found: Sequence[Proposal], versions: Versions, rulebook: Rulebook) -> list[str]:
    """What the workers' rulebook would leave out."""
    proposed = {versions.next_ref + number: each for number, each in enumerate(found)}
    after = Rulebook([*versions, *((ref, each.saved) for ref, each in proposed.items())], rulebook)
    return [f"{proposed[each.ref].name}: {each.fault}" for each in after.left_out if each.ref in proposed]


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        more = f"; and {len(problems) - _TOLD_MAX} more" if len(problems) > _TOLD_MAX else ""
        raise NotPublished(f"{'; '.join(problems[:_TOLD_MAX])}{more}. Nothing was published")
