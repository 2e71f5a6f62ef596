"""Records as they come in and as they go out."""

from __future__ import annotations

from msgspec import Struct

# A list: the batch builder takes nothing else.
Headers = list[tuple[str, bytes | None]]


class Record(Struct, gc=False):
    """One record as it stands in a partition. `timestamp_ms`: the broker's, where the topic has LogAppendTime."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Output(Struct, array_like=True, gc=False):
    """A record to be published: the topic's short name, its event's id ("": made of where it stands), its key and its value."""

    topic: str
    event_id: str
    key: str | None
    value: bytes
