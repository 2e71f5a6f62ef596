"""What a turn puts out: records as they will stand on their topics, with the headers of CloudEvents.

Each is made once. These bytes are what the turn commits, and what is published, after a crash as before it.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from broker.wire.batches import SMALL, VARINTS, Entry, encode_headers, sized, varint
from broker.wire.records import Headers
from sinks.topics.cloudevents import SEQUENCE, SOURCE, TYPES

_ID: Final = sized(b"ce_id")
_NO_KEY: Final = varint(-1)
_SEQUENCE: Final = sized(SEQUENCE.encode())
_LAST_DIGITS: Final = [b"%03d" % number for number in range(1_000)]


class Mark(NamedTuple):
    """How much was put when it was made: records, bytes, and records by topic."""

    records: int
    size_bytes: int
    lengths: dict[str, int]


class Outputs:
    """What one turn of an app's partition puts out, by topic (short name), each topic's in its order."""

    def __init__(self, app: str, partition: int, turn: int) -> None:
        self.by_topic: dict[str, list[Entry]] = {}
        self.size_bytes = 0
        self._app = app
        self._partition = partition
        self._turn = turn
        self._count = 0
        # Of the headers: what all of a topic's records have alike, beside these records, and what a thousand records of the turn have.
        self._alike: dict[str, tuple[bytes, list[Entry]]] = {}
        self._place = self._sequence = b""

    def put(self, topic: str, event_id: str, key: str | None, value: bytes) -> None:
        """The next record; for another partition than that which puts it out, `topic` is topic/partition. `ce_sequence`
        (CloudEvents' extension) orders what a partition puts out, whole turns first; an event without an id of its own ("") is known by
        where it stands.
        """
        number, sizes, small = self._count, VARINTS, SMALL
        self._count = number + 1
        last_digits = number % 1_000
        if not last_digits:
            self._set_thousand(number)
        found = self._alike.get(topic)
        if found is None:
            found = self._alike[topic] = _alike(topic, self._app, self._partition), self.by_topic.setdefault(topic, [])
        alike, entries = found
        id_ = event_id.encode() if event_id else self._place + b"%d" % number
        if key is None:
            of_key, key_ = _NO_KEY, b""
        else:
            key_ = key.encode()
            length = len(key_)
            of_key = sizes[length] if length < small else varint(length)
        length, of_id = len(value), len(id_)
        # As `entry` puts it together, in one go.
        put = b"".join(
            (
                of_key,
                key_,
                sizes[length] if length < small else varint(length),
                value,
                alike,
                sizes[of_id] if of_id < small else varint(of_id),
                id_,
                self._sequence,
                _LAST_DIGITS[last_digits],
            )
        )
        self.size_bytes += len(put)
        entries.append(put)

    def mark(self) -> Mark:
        """Where it is now, to be rolled back to."""
        return Mark(self._count, self.size_bytes, {topic: len(entries) for topic, entries in self.by_topic.items()})

    def roll_back(self, mark: Mark) -> None:
        """As if nothing had been put since then."""
        self._count, self.size_bytes = mark.records, mark.size_bytes
        for topic in list(self.by_topic):
            del self.by_topic[topic][mark.lengths.get(topic, 0) :]
            if not self.by_topic[topic]:
                del self.by_topic[topic], self._alike[topic]
        if self._count % 1_000:
            self._set_thousand(self._count - self._count % 1_000)

    def _set_thousand(self, number: int) -> None:
        """What the headers of the thousand records from this number on have alike."""
        self._place = b"%d-%d-" % (self._partition, self._turn)
        self._sequence = _SEQUENCE + sized(b"%016d-%06d" % (self._turn, number))[:-3]


@cache
def _alike(topic: str, app: str, partition: int) -> bytes:
    """How many headers there are, those that all of a topic's records have, and the name of the next."""
    alike: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_type", TYPES[topic.partition("/")[0]]),
        (SOURCE, b"/tidemark/%b/%d" % (app.encode(), partition)),
        ("content-type", b"application/json"),
    ]
    # The id and the sequence follow.
    return encode_headers(alike, more=2) + _ID
