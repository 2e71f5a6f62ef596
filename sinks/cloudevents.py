"""CloudEvents headers of what is published, in Kafka's binary mode (CloudEvents 1.0, Kafka protocol binding)."""

from __future__ import annotations

from functools import cache

from broker.batches import encode_headers, sized
from broker.records import Headers

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


_ID = sized(b"ce_id")
_SEQUENCE = sized(b"ce_sequence")


class TurnHeaders:
    """The headers, encoded, of what one turn of an app's partition puts out."""

    def __init__(self, app: str, partition: int, turn: int) -> None:
        self._app = app
        self._partition = partition
        self._place = b"%d-%d-" % (partition, turn)
        self._sequence = b"%016d-" % turn
        self._alike: dict[str, bytes] = {}

    def of(self, topic: str, event_id: str, number: int) -> bytes:
        """Of the turn's n-th record. `sequence` (CloudEvents' extension) orders what a partition puts out, whole turns first; an event
        without an id of its own is known by where it stands.
        """
        alike = self._alike.get(topic)
        if alike is None:
            alike = self._alike[topic] = _alike(topic, self._app, self._partition)
        id_ = event_id.encode() if event_id else self._place + b"%d" % number
        return b"".join((alike, _ID, sized(id_), _SEQUENCE, sized(self._sequence + b"%06d" % number)))


@cache
def _alike(topic: str, app: str, partition: int) -> bytes:
    """How many headers there are, and those that all of a topic's records have."""
    alike: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_type", TYPES[topic]),
        ("ce_source", b"/tidemark/%b/%d" % (app.encode(), partition)),
        ("content-type", b"application/json"),
    ]
    # The id and the sequence follow.
    return encode_headers(alike, more=2)
