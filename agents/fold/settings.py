"""How documents are judged."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from msgspec import Struct

from agents.turns.error_limit import Allowed
from rules.limits.grant_limits import GrantLimits
from streams.decode import Limits


class FoldSettings(Struct, frozen=True):
    """Times in ms. `turn_bytes`: what a turn takes in, keeps and puts out; `held_bytes`: of one member's refunds that wait for their
    orders; `errors`: how many internal ones before the worker stops; `figures`: whether they
    are kept (spec 2.7, 4.6); `zones`: by feed, of its times without an offset; `seen_to`: members whom timers and changed programs reach in
    a turn ahead of documents, at most; `asked`: grants of a partition's members that wait for keepers, beyond which it takes no documents.
    """

    partitions: int
    limits: Limits
    late_ms: int
    refund_ms: int
    grant_limits: GrantLimits
    turn_bytes: int
    announce_registrations: bool
    held_bytes: int = 2 * 1024 * 1024
    errors: Allowed = Allowed()
    figures: bool = False
    zones: Mapping[str, ZoneInfo] = {}
    seen_to: int = 1_000
    asked: int = 10_000
