"""What goes out on the topics: JSON, each with a schema in docs/schemas, under CloudEvents headers (spec 4.1)."""

from __future__ import annotations

import base64
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from rules.documents import at_utc
from rules.happened import Granted, LevelChanged, ThresholdCrossed
from rules.state import NEVER_MS


class Grant(Struct):
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


class LevelChange(Struct):
    """A change on `levels`: from `before` to `level`, null for none, and why."""

    program: str
    member_id: str
    before: str | None
    level: str | None
    why: Literal["order", "refund", "rule", "registered", "left"]
    document_id: str | None
    since: str


class Threshold(Struct):
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


_KEY_BYTES = 512
_PLAIN_BYTES = 4 * 1024 * 1024

_encode = msgspec.json.Encoder().encode


def grant_id(granted: Granted) -> str:
    """Made of activity, member and ordinal (or level, and count of gains) alone, and of no two alike (spec 2.4, 2.8).

    Codes hold no slash; one in a member's id is escaped.
    """
    member_id = granted.member_id
    if "/" in member_id or "%" in member_id:
        member_id = member_id.replace("%", "%25").replace("/", "%2F")
    if granted.ordinal is not None:
        return f"{granted.activity}/{member_id}/{granted.ordinal}"
    gain = "" if granted.gain is None else f"/{granted.gain}"
    return f"{granted.activity}/{member_id}/{granted.level}{gain}"


def encode_grant(granted: Granted, id_: str) -> bytes:
    """The record's value for a grant."""
    return _encode(
        Grant(
            id_,
            granted.activity,
            granted.member_id,
            granted.ordinal,
            granted.order_id,
            granted.occurred_at.isoformat(),
            Raw(granted.gifts),
            granted.level,
            None if granted.notify is None else Raw(granted.notify),
        )
    )


def encode_level(changed: LevelChanged) -> bytes:
    """The record's value for a change of level."""
    return _encode(
        LevelChange(
            changed.program,
            changed.member_id,
            changed.before,
            changed.after,
            changed.why,
            changed.document_id,
            changed.occurred_at.isoformat(),
        )
    )


def encode_threshold(crossed: ThresholdCrossed) -> bytes:
    """The record's value for a crossing."""
    return _encode(
        Threshold(
            crossed.activity,
            crossed.member_id,
            crossed.first,
            crossed.last,
            crossed.progress,
            crossed.order_id,
            crossed.occurred_at.isoformat(),
        )
    )


def encode_dead_letter(reason: str, detail: str, source: str, received_ms: int, key: bytes | None, raw: bytes) -> bytes:
    """The record's value for a dead letter: `source` is topic/partition/offset of the first record that held the bytes."""
    readable_key = None if key is None else key[:_KEY_BYTES].decode(errors="replace")
    letter = DeadLetter(reason, detail, source, at_utc(min(received_ms, NEVER_MS)), readable_key)
    try:
        letter.raw = raw.decode()
        value = _encode(letter)
        if len(value) <= max(_PLAIN_BYTES, 4 * len(raw) // 3):
            return value
        # A control character takes six bytes as JSON: what a feed took must not outgrow the topic.
        letter.raw = None
    except UnicodeDecodeError:
        pass
    letter.raw_base64 = base64.b64encode(raw).decode()
    return _encode(letter)
