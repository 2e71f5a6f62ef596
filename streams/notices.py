"""Records of `notifications`, to what members are told on one channel (spec 4.1, 4.3)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from rules.gifts.granted import GrantId, MemberId
from rules.gifts.notices import Notice
from streams.decode import INVALID, TOO_LARGE, UNDECODABLE, Malformed

MINI_PROGRAM, SMS = "mini_program", "sms"

_DIGEST_BYTES = 16


class _Notification(Struct, frozen=True):
    """Formats may gain fields, which are passed on. `channel` left out: that of the mini program that is named."""

    type: str
    member_id: MemberId
    at: datetime
    channel: Literal["mini_program", "sms", "email"] | None = None
    mini_program: str | None = None
    grant_id: GrantId | None = None
    program: str | None = None
    level: str | None = None


_decode = msgspec.json.Decoder(_Notification).decode


def notices_by_mini_program(data: bytes | None, max_bytes: int) -> Notice | None:
    """What a mini program is to tell; None where a record is for another channel. Raises Malformed."""
    return _notice(data, max_bytes, MINI_PROGRAM)


def notices_by_sms(data: bytes | None, max_bytes: int) -> Notice | None:
    """What is to be sent as a text message; None likewise. Raises Malformed."""
    return _notice(data, max_bytes, SMS)


def _notice(data: bytes | None, max_bytes: int, channel: str) -> Notice | None:
    if data is None:
        raise Malformed(UNDECODABLE, "the record has no value")
    if len(data) > max_bytes:
        raise Malformed(TOO_LARGE, f"{len(data)} bytes, more than the {max_bytes} allowed")
    try:
        told = _decode(data)
    except msgspec.ValidationError as error:
        raise Malformed(INVALID, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error
    named = told.channel or (MINI_PROGRAM if told.mini_program is not None else None)
    if named is None:
        raise Malformed(INVALID, "neither a channel nor a mini program")
    if named != channel:
        return None
    at = told.at.isoformat()
    # What comes with a grant, or of a program, is known by that; anything else by its very bytes, the same however often it stands there.
    return Notice((told.type, *_what(told, data), told.mini_program or channel, at), told.type, told.member_id, at, Raw(data))


def _what(told: _Notification, data: bytes) -> tuple[str, ...]:
    if told.grant_id is not None:
        return (told.grant_id,)
    if told.program is not None:
        return told.program, told.level or "", told.member_id
    return (hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest(),)
