"""A record that came in: when it was first received, where it first stood, and the dead letter made of it (spec 1.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from agents.metrics import refusals
from broker.wire.records import Output, Record, UnreadableBatch
from rules.refused import Refused
from rules.times import FIRST_MS, LAST_MS
from sinks.topics.events import encode_dead_letter, encode_unreadable
from streams.decode import pointer_as_sent
from streams.routing import SOURCE_HEADER
from streams.topics import DEAD_LETTERS, REKEYED, SOURCES

# Of what a header may hold.
_HEADER_DIGITS: Final = 15
_SOURCE_BYTES: Final = 512
# The reason of a dead letter that is a bug of ours.
INTERNAL_ERROR: Final = "internal_error"


class Run(NamedTuple):
    """Records that follow one another on a topic (short name), and that are to be folded one after the other."""

    topic: str
    records: Sequence[Record]


class Incoming(NamedTuple):
    """A record, and the topic (short name) that it came on."""

    topic: str
    record: Record


def header_ms(record: Record, wanted: str) -> int:
    """The time in a header, epoch ms; the record's own where it has none. Anyone may have written it: what is no time is none."""
    for name, value in record.headers:
        if name == wanted and value is not None and value.removeprefix(b"-").isdigit() and len(value) <= _HEADER_DIGITS:
            return max(FIRST_MS, min(int(value), LAST_MS))
    return record.timestamp_ms


def source_of(incoming: Incoming, partition: int) -> str:
    """Where a document first stood: topic/partition/offset. On feeds anyone may write headers: it is believed of what we re-keyed."""
    if incoming.topic == REKEYED:
        for name, value in incoming.record.headers:
            if name == SOURCE_HEADER and value is not None:
                return value[:_SOURCE_BYTES].decode(errors="replace")
    record = incoming.record
    offset = record.first_offset if isinstance(record, UnreadableBatch) else record.offset
    return f"{incoming.topic}/{partition}/{offset}"


def feed_of(source: str) -> str:
    """The topic of a topic/partition/offset."""
    return source.partition("/")[0]


def known_feed(source: str) -> str:
    """The feed of a topic/partition/offset, for the figures: anyone may have written it, and they have no room for any word."""
    feed = feed_of(source)
    return feed if feed in SOURCES else "other"


def count_refused(source: str, reason: str) -> None:
    """Counts a dead letter by the feed that its document first came on."""
    refusals(known_feed(source), reason).inc()


def detail_of(refused: Refused, data: bytes) -> str:
    """What is wrong with a document that was decoded from these bytes, by the field as it was sent."""
    return str(refused) if refused.field is None else f"{pointer_as_sent(data, refused.field)}: {refused.problem}"


def dead_letter(incoming: Incoming, partition: int, received_ms: int, reason: str, detail: str) -> Output:
    """The output that says why a record could not be taken, with its bytes; with its place, where it could not even be read."""
    record = incoming.record
    source = source_of(incoming, partition)
    count_refused(source, reason)
    if isinstance(record, UnreadableBatch):
        return Output(DEAD_LETTERS, source, None, encode_unreadable(source, record))
    value = encode_dead_letter(reason, detail, source, received_ms, record.key, record.value or b"")
    return Output(DEAD_LETTERS, source, None, value)
