"""What stands on the topics: each has a schema in docs/schemas (spec 4.1)."""

from __future__ import annotations

from typing import Literal

from msgspec import Raw, Struct


class Grant(Struct, gc=False):
    """A grant on `gifts`: `ordinal` of a cumulative_spend, `level` (program/level) of a tier_upgrade; `gifts` as defined."""

    grant_id: str
    activity: str
    member_id: str
    ordinal: int | None
    order_id: str | None
    occurred_at: str
    gifts: Raw
    level: str | None = None
    notify: Raw | None = None


class LevelChange(Struct, gc=False):
    """A change on `levels`: from `before` to `level`, null for none, and why."""

    program: str
    member_id: str
    before: str | None
    level: str | None
    why: Literal["order", "refund", "rule", "registered", "left"]
    document_id: str | None
    since: str


class Threshold(Struct, gc=False):
    """A crossing on `thresholds`: the ordinals from `first` to `last` were reached, with `progress` in minor units or pieces."""

    activity: str
    member_id: str
    first: int
    last: int
    progress: int
    order_id: str
    occurred_at: str


class DeadLetter(Struct, omit_defaults=True):
    """A document on `dead-letters`: why, and its bytes (`raw`, or `raw_base64` where they are not UTF-8, or far shorter so); where
    they stood and when they were first received, so that they can be sent again.
    """

    reason: str
    detail: str
    source: str
    received_at: str
    key: str | None = None
    raw: str | None = None
    raw_base64: str | None = None
