"""Lines of a replay read ahead, some at a time: all that can be known of one alone, before those before it are applied (spec 1.6, 6)."""

from __future__ import annotations

from typing import Final, NamedTuple

from agents.fold.reading import Reading, read, read_line
from agents.fold.settings import FoldSettings
from agents.replaying.line_types import feed_of, feed_of_line
from broker.wire.records import Headers, Record
from rules.clock import Clock
from rules.documents.accepted import Accepted
from rules.documents.accepting import accept
from rules.documents.change import Change
from rules.documents.judging import Judging
from rules.documents.kind import Document
from rules.documents.kinds import time_of
from rules.state import NEVER_MS
from rules.times import epoch_ms
from streams.decode import Malformed

_NO_HEADERS: Final[Headers] = []
# Of the partitions, which are kept nowhere: see tables/head.py.
SEED: Final = 0


class ChangeLine(NamedTuple):
    """A line that changes definitions, or does not hold the change that it says it does; and its number among all."""

    change: Change | Malformed
    raw: bytes
    number: int


class Line:
    """Any other, with its feed. `document`: where it is of the strict form; `accepted`: where it is valid, as if it had been received when
    it happened where it does not say; else it is read once it is applied. Its place on the feed is set by the caller.
    """

    __slots__ = ("accepted", "document", "feed", "judged_by", "member_id", "number", "partition", "record")

    def __init__(self, feed: str, member_id: str | None, raw: bytes, number: int, judged_by: Judging) -> None:
        self.feed = feed
        self.member_id = member_id
        self.number = number
        self.judged_by = judged_by
        self.document: Document | None = None
        self.accepted: Accepted | None = None
        self.partition = 0
        self.record = Record(0, judged_by.now_ms, None if member_id is None else member_id.encode(), raw, _NO_HEADERS)

    def reading(self, settings: FoldSettings, clock: Clock) -> Reading:
        """What it holds, once the lines before it are applied."""
        accepted = self.accepted
        if accepted is None:
            return read_line(self.feed, self.partition, self.record, self.document, settings, self.judged_by, SEED, clock)
        if accepted.document.received_at is None:
            accepted.received_ms = clock.received_ms(clock.now_ms, accepted.time_ms)
        return accepted


def read_strict(document: Document, raw: bytes, number: int, judged_by: Judging) -> Line:
    """A line of the strict form, of that number among all."""
    line = Line(feed_of(document), document.member_id, raw, number, judged_by)
    line.document = document
    if _has_time(document):
        received_ms = time_of(document, 0) if document.received_at is None else epoch_ms(document.received_at)
        try:
            line.accepted = accept(document, received_ms, judged_by, SEED)
        except Exception:
            # It is not valid, which is said when it is applied.
            line.accepted = None
    return line


def read_other(raw: bytes, number: int, settings: FoldSettings, judged_by: Judging, clock: Clock) -> Line:
    """Any other. `clock`: as it is by now."""
    feed, member_id = feed_of_line(raw, settings.limits)
    line = Line(feed, member_id, raw, number, judged_by)
    (reading,) = read(feed, 0, (line.record,), settings, judged_by, SEED, clock)
    if isinstance(reading, Accepted) and _has_time(reading.document):
        line.accepted = reading
    return line


def _has_time(document: Document) -> bool:
    """Whether it says when it happened, or when it was received: else that is as late as the clock is when it is applied."""
    return document.received_at is not None or time_of(document, NEVER_MS) != NEVER_MS
