"""CloudEvents headers of what is published, in Kafka's binary mode (CloudEvents 1.0, Kafka protocol binding)."""

from __future__ import annotations

TYPES = {
    "gifts": b"tidemark.gift.granted",
    "levels": b"tidemark.level.changed",
    "thresholds": b"tidemark.threshold.crossed",
    "notifications": b"tidemark.notification.due",
    "dead-letters": b"tidemark.document.refused",
}


def headers(
    topic: str, event_id: str, partition: int, turn: int, number: int, app: str = "aggregate"
) -> list[tuple[str, bytes | None]]:
    """The headers of a record of an app's partition: `sequence` orders what one partition puts out, whole turns first (CloudEvents sequence extension)."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_type", TYPES[topic]),
        ("ce_source", b"/tidemark/%b/%d" % (app.encode(), partition)),
        ("ce_id", event_id.encode()),
        ("ce_sequence", b"%016d-%06d" % (turn, number)),
        ("content-type", b"application/json"),
    ]
