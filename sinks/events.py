"""What happened, as the records that say so (spec 4.1)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Raw

from rules.happened import Granted, Happened, LevelChanged
from rules.state import NEVER_MS
from rules.times import at_utc
from sinks.cloudevents import GIFTS, LEVELS, THRESHOLDS
from sinks.formats import DeadLetter, Grant, LevelChange, Threshold
from sinks.outputs import Outputs

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


def _isoformat(moment: datetime) -> str:
    """`moment.isoformat()`, which takes three times as long."""
    text = _encode(moment)[1:-1].decode()
    return text[:-1] + "+00:00" if text.endswith("Z") else text


def put_events(outputs: Outputs, happened: Sequence[Happened]) -> None:
    """Puts out what happened, as events in the same order."""
    put = outputs.put
    # What one order made happen, happened at one time: text is made of it once.
    moment: datetime | None = None
    at = ""
    for each in happened:
        if each.occurred_at is not moment:
            moment = each.occurred_at
            at = _isoformat(moment)
        member_id = each.member_id
        if isinstance(each, Granted):
            id_ = grant_id(each)
            notify = None if each.notify is None else Raw(each.notify)
            grant = Grant(id_, each.activity, member_id, each.ordinal, each.order_id, at, Raw(each.gifts), each.level, notify)
            put(GIFTS, id_, member_id, _encode(grant))
        elif isinstance(each, LevelChanged):
            level = LevelChange(each.program, member_id, each.before, each.after, each.why, each.document_id, at)
            put(LEVELS, "", member_id, _encode(level))
        else:
            threshold = Threshold(each.activity, member_id, each.first, each.last, each.progress, each.order_id, at)
            put(THRESHOLDS, "", member_id, _encode(threshold))


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
