"""CloudEvents headers of what is published, in Kafka's binary mode (CloudEvents 1.0, Kafka protocol binding)."""

from __future__ import annotations

from functools import cache

GIFTS = "gifts"
LEVELS = "levels"
THRESHOLDS = "thresholds"

TYPES = {
    GIFTS: b"tidemark.gift.granted",
    LEVELS: b"tidemark.level.changed",
    THRESHOLDS: b"tidemark.threshold.crossed",
    "notifications": b"tidemark.notification.due",
    "dead-letters": b"tidemark.document.refused",
}


_VERSION = ("ce_specversion", b"1.0")
_CONTENT = ("content-type", b"application/json")
_TYPES = {topic: ("ce_type", type_) for topic, type_ in TYPES.items()}


@cache
def _source(app: str, partition: int) -> tuple[str, bytes]:
    return "ce_source", b"/tidemark/%b/%d" % (app.encode(), partition)


def headers(
    topic: str, event_id: str, partition: int, turn: int, number: int, app: str = "aggregate"
) -> list[tuple[str, bytes | None]]:
    """The headers of a record of an app's partition: `sequence` orders what it puts out there, whole turns first (CloudEvents'
    sequence extension).
    """
    return [
        _VERSION,
        _TYPES[topic],
        _source(app, partition),
        ("ce_id", event_id.encode()),
        ("ce_sequence", b"%016d-%06d" % (turn, number)),
        _CONTENT,
    ]
