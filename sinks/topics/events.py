"""What happened, as the records that say so (spec 4.1)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from broker.wire.records import UnreadableBatch
from rules.figures.additions import Additions
from rules.happened import (
    BenefitIssued,
    CouponArrival,
    Departed,
    Grant,
    Happened,
    LevelChange,
    LevelUpgraded,
    Refusal,
    Released,
    RulesAndBenefits,
    Threshold,
)
from rules.state import NEVER_MS
from rules.times import at_utc
from sinks.topics.cloudevents import (
    BENEFITS,
    DELIVERIES,
    DEPARTURES,
    FIGURES,
    GIFTS,
    LEVELS,
    NOTIFICATIONS,
    REFUSALS,
    RELEASES,
    THRESHOLDS,
)
from sinks.topics.formats import Attempted, DeadLetter
from sinks.topics.outputs import Outputs

UNREADABLE: Final = "unreadable"
_KEY_BYTES: Final = 512
_DETAIL_CHARACTERS: Final = 4_000
# A document of so many bytes is kept whole: as many as a feed takes in one record, uncompressed. Of a larger one, its first bytes.
_WHOLE_BYTES: Final = 8 * 1024 * 1024
_FIRST_BYTES: Final = 64 * 1024
_PLAIN_BYTES: Final = 4 * 1024 * 1024

_encode: Final = msgspec.json.Encoder().encode


def put_events(outputs: Outputs, happened: Sequence[Happened], granted: list[Grant] | None = None) -> None:
    """Puts out what happened, in its order. `granted`: gets the grants."""
    put = outputs.put
    for each in happened:
        # What comes most often is asked for first. isinstance takes six times as long to say no of a Struct.
        if type(each) is Grant:
            put(GIFTS, each.grant_id, each.member_id, _encode(each))
            if granted is not None:
                granted.append(each)
        elif type(each) is Threshold:
            put(THRESHOLDS, "", each.member_id, _encode(each))
        elif type(each) is LevelChange:
            # Codes hold no slash, so that no two programs and members have one key.
            put(LEVELS, "", f"{each.program}/{each.member_id}", _encode(each))
        elif type(each) is Released:
            put(RELEASES, f"{each.grant_id}/{each.gift}/{each.event}", each.member_id, _encode(each))
        elif type(each) is CouponArrival:
            put(NOTIFICATIONS, f"{each.grant_id}/{each.mini_program}/{each.at}", each.member_id, _encode(each))
        elif type(each) is LevelUpgraded or type(each) is RulesAndBenefits:
            place = (
                f"{each.__struct_config__.tag}/{each.program}/{each.level or ''}/{each.channel}/{each.mini_program or ''}/{each.at}"
            )
            put(NOTIFICATIONS, f"{place}/{each.member_id}", each.member_id, _encode(each))
        elif type(each) is BenefitIssued:
            put(BENEFITS, each.issue_id, each.member_id, _encode(each))
        elif type(each) is Departed:
            put(DEPARTURES, "", each.member_id, _encode(each))
        else:
            assert type(each) is Refusal, each
            put(REFUSALS, each.grant_id, each.member_id, _encode(each))


def put_additions(outputs: Outputs, additions: Additions) -> None:
    """Puts out what a turn adds to the figures."""
    outputs.put(FIGURES, "", str(additions.partition), _encode(additions))


def put_attempted(outputs: Outputs, attempted: Attempted) -> None:
    """Puts out what came of giving to a sink."""
    outputs.put(DELIVERIES, "", None, _encode(attempted))


def encode_dead_letter(reason: str, detail: str, source: str, received_ms: int, key: bytes | None, raw: bytes) -> bytes:
    """The record's value for a dead letter: `source` is topic/partition/offset of the first record that held the bytes.

    It always fits its topic: of more bytes than a feed takes uncompressed it holds the first.
    """
    letter = _letter(reason, detail, source, received_ms, key)
    if len(raw) > _WHOLE_BYTES:
        return _encode(_truncated(letter, raw[:_FIRST_BYTES], len(raw), hashlib.sha256(raw).hexdigest()))
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


def encode_unreadable(source: str, batch: UnreadableBatch) -> bytes:
    """The record's value for a dead letter of records that cannot be read: known by their place."""
    letter = _letter(UNREADABLE, batch.why, source, batch.timestamp_ms, None)
    letter.last_offset = batch.offset
    return _encode(_truncated(letter, batch.first_bytes, batch.length, batch.digest))


def _letter(reason: str, detail: str, source: str, received_ms: int, key: bytes | None) -> DeadLetter:
    readable_key = None if key is None else key[:_KEY_BYTES].decode(errors="replace")
    # What is wrong may quote the document.
    return DeadLetter(reason, detail[:_DETAIL_CHARACTERS], source, at_utc(min(received_ms, NEVER_MS)), readable_key)


def _truncated(letter: DeadLetter, first: bytes, length: int, sha256: str) -> DeadLetter:
    letter.truncated = len(first) < length
    letter.raw_base64 = base64.b64encode(first).decode()
    letter.length = length
    letter.sha256 = sha256
    return letter
