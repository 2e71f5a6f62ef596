"""Records to documents: all that can be known of a record alone, before anything that is kept is looked at (spec 1.6)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from agents.fold.incoming import Incoming, feed_of, header_ms, source_of
from agents.fold.noticed import NOTICED
from agents.fold.settings import FoldSettings
from agents.metrics import LOOKED_AGAIN
from broker.wire.records import Record, UnreadableBatch
from rules.clock import Clock
from rules.documents.accepted import Accepted
from rules.documents.accepting import accept
from rules.documents.judging import Judging
from rules.documents.kind import Document
from rules.documents.kinds import time_of
from rules.documents.purchase import Purchase
from rules.documents.purchase_rules import accept_order
from rules.documents.validity import InvalidDocument
from rules.rulebook.rulebook import Rulebook
from rules.times import DAY_MS, epoch_ms
from streams.decode import UNREADABLE, Limits, LookedAgain, Malformed, decode_first, decode_strictly, look_again
from streams.routing import RECEIVED_HEADER
from streams.topics import REKEYED


class Unreadable(Exception):
    """A record that holds no acceptable document: `reason` is a code of the dead letters; `received_ms`: when it was first received."""

    def __init__(self, reason: str, detail: str, received_ms: int) -> None:
        super().__init__(detail)
        self.reason = reason
        self.received_ms = received_ms


# An exception that is neither PassedOver nor Unreadable is a bug of ours, to be raised when the record's turn comes.
Reading = Accepted | Exception


def judging(limits: Limits, rulebook: Rulebook, replayed: bool = False) -> Judging:
    """What documents that are read now are judged by. `replayed`: in a replay."""
    return Judging(limits.document_lines, time.time_ns() // 1_000_000, rulebook.currencies, replayed)


def read(
    topic: str,
    partition: int,
    records: Sequence[Record],
    settings: FoldSettings,
    judged_by: Judging,
    seed: int,
    replayed: Clock | None = None,
) -> list[Reading]:
    """What each record of a topic (short name) holds. `judged_by`: see `judging`. `seed`: of the partition, for its documents' keys.
    `replayed`: the clock that says when they are received, in a replay.
    """
    found: list[Reading] = []
    limits = settings.limits
    documents: list[Document | None] = []
    if len(records) > 1:
        documents += decode_first([record.value for record in records], limits)
    documents += [None] * (len(records) - len(documents))
    for record, document in zip(records, documents, strict=True):
        received_ms = record.timestamp_ms
        again: LookedAgain | None = None
        try:
            if record.headers:
                received_ms = _received_ms(record)
            if document is None:
                document = decode_strictly(record.value, limits)
                if document is None:
                    again = _look_again(topic, partition, record, settings.zones)
                    document = again.document
            if replayed is not None:
                received_ms = _received_in_replay_ms(document, replayed)
            elif document.received_at is not None:
                received_ms = epoch_ms(document.received_at)
            if type(document) is Purchase:
                # As `accept`, without a call.
                found.append(accept_order(document, received_ms, judged_by, seed))
            else:
                found.append(accept(document, received_ms, judged_by, seed))
        except Malformed as malformed:
            found.append(_unreadable(record, malformed, received_ms if replayed is None else replayed.now_ms))
        except InvalidDocument as invalid:
            pointer = invalid.field if again is None else again.sent.pointer(invalid.field)
            # It may be refused for a time to come: it was received by now.
            found.append(Unreadable(invalid.reason, f"{pointer}: {invalid.problem}", min(received_ms, judged_by.now_ms)))
        except Exception as error:
            found.append(error)
    return found


def read_line(
    topic: str,
    partition: int,
    record: Record,
    document: Document | None,
    settings: FoldSettings,
    judged_by: Judging,
    seed: int,
    replayed: Clock,
) -> Reading:
    """What a line of a replay holds. `document`: where it is in the strict form, and was decoded before."""
    if document is None:
        (found,) = read(topic, partition, [record], settings, judged_by, seed, replayed)
        return found
    try:
        return accept(document, _received_in_replay_ms(document, replayed), judged_by, seed)
    except InvalidDocument as invalid:
        received_ms = min(_received_in_replay_ms(document, replayed), judged_by.now_ms)
        return Unreadable(invalid.reason, f"{invalid.field}: {invalid.problem}", received_ms)
    except Exception as error:
        return error


def _received_in_replay_ms(document: Document, clock: Clock) -> int:
    """When a document was received by the documents' clock: when it says, else at the latest time read so far (spec 1.5)."""
    if document.received_at is not None:
        return epoch_ms(document.received_at)
    return clock.received_ms(clock.now_ms, time_of(document, clock.now_ms))


def _unreadable(record: Record, malformed: Malformed, received_ms: int) -> Unreadable:
    if isinstance(record, UnreadableBatch):
        return Unreadable(UNREADABLE, record.why, received_ms)
    return Unreadable(malformed.reason, str(malformed), received_ms)


def _received_ms(record: Record) -> int:
    """When it was first received, where a header says so; anyone may have written that: what is to come is no such time."""
    said_ms = header_ms(record, RECEIVED_HEADER)
    return said_ms if said_ms <= record.timestamp_ms + DAY_MS else record.timestamp_ms


def _look_again(topic: str, partition: int, record: Record, zones: Mapping[str, ZoneInfo]) -> LookedAgain:
    """What is not of the strict form. Counted where it first came. Raises Malformed, PassedOver."""
    assert record.value is not None
    if topic == REKEYED:
        return look_again(record.value, zones.get(feed_of(source_of(Incoming(topic, record), partition))))
    LOOKED_AGAIN.labels(topic).inc()
    again = look_again(record.value, zones.get(topic))
    if again.unknown:
        NOTICED.words(topic, again.unknown)
    return again
