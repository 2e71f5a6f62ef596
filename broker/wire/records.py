"""Records as they come in and as they go out."""

from __future__ import annotations

from msgspec import Struct

# A list: the batch builder takes nothing else. A name that is not UTF-8 has its odd bytes as surrogates (PEP 383).
Headers = list[tuple[str, bytes | None]]


class Record(Struct, gc=False):
    """One record as it stands in a partition. `timestamp_ms`: the broker's, where the topic has LogAppendTime."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class UnreadableBatch(Record, gc=False):
    """Records that cannot be read, known by their place: they come where they stand, as one.

    `offset` is that of the last, so that whoever goes on after it goes on rightly, and `first_offset` of the first. `length`, `digest` and
    `first_bytes`: of the bytes as they stand on the broker, SHA-256 in hex. `why`: what is wrong with them. No key, value or headers.
    """

    first_offset: int
    length: int
    digest: str
    first_bytes: bytes
    why: str


class Output(Struct, array_like=True, gc=False):
    """A record to be published: the topic's short name, its event's id ("": made of where it stands), its key and its value."""

    topic: str
    event_id: str
    key: str | None
    value: bytes
