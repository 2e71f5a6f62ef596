"""How documents are judged."""

from __future__ import annotations

from msgspec import Struct

from streams.decode import Limits


class FoldSettings(Struct, frozen=True):
    """Times in ms. `documents_clock`: the clock is the documents' own (replay), not the broker's. `turn_bytes`: what a turn takes in,
    keeps and puts out, roughly; `held_bytes`: of one member's refunds that wait for their orders.
    """

    partitions: int
    limits: Limits
    late_ms: int
    refund_ms: int
    max_grants: int
    turn_bytes: int
    documents_clock: bool
    announce_registrations: bool
    held_bytes: int = 2 * 1024 * 1024
