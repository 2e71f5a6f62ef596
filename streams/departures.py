"""Records of `departures`: ids that lead to another, or whose member was deleted (spec 1.7)."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from rules.gifts.granted import Left, MemberId
from streams.grants import decoded


class _Departed(Struct, frozen=True):
    """Formats may gain fields, which are passed over."""

    member_id: MemberId
    into: MemberId | None


_departed = msgspec.json.Decoder(_Departed).decode


def decode_departure(data: bytes | None, max_bytes: int) -> Left:
    """Of a record of `departures`. Raises Malformed."""
    departed: _Departed = decoded(data, max_bytes, _departed)
    return Left(departed.member_id, departed.into)
