"""What came of an event: facts for the outside, in the past tense (spec 4.1). Sinks give them their format."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

Why = Literal["order", "refund", "rule", "registered", "left"]


class Granted(Struct, gc=False):
    """A grant was made (spec 2.4, 2.8): `ordinal` for cumulative_spend; `level`, and `gain` with regain, for tier_upgrade."""

    activity: str
    member_id: str
    ordinal: int | None
    level: str | None
    gain: int | None
    order_id: str | None
    occurred_at: datetime
    gifts: bytes
    notify: bytes | None


class ThresholdCrossed(Struct, gc=False):
    """A member's progress in an activity reached one or more thresholds: the ordinals from `first` to `last`."""

    activity: str
    member_id: str
    first: int
    last: int
    progress: int
    order_id: str
    occurred_at: datetime


class LevelChanged(Struct, gc=False):
    """A member's level in a program changed (spec 3.4, 3.5); None is no level."""

    program: str
    member_id: str
    before: str | None
    after: str | None
    why: Why
    document_id: str | None
    occurred_at: datetime


Happened = Granted | ThresholdCrossed | LevelChanged
