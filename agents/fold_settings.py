"""How documents are judged."""

from __future__ import annotations

from msgspec import Struct

from streams.decode import Limits


class FoldSettings(Struct, frozen=True):
    """Times in ms. `documents_clock`: the clock is the documents' own (replay), not the broker's."""

    partitions: int
    limits: Limits
    late_ms: int
    refund_ms: int
    max_grants: int
    turn_bytes: int
    documents_clock: bool
    announce_registrations: bool
