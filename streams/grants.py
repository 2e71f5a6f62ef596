"""Records of `gifts` and `releases`, to the gifts that they make a member's (spec 4.1, 4.2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from rules.definitions.fields import Code, Count
from rules.gifts.granted import Coupons, Granted, GrantId, MemberId, Points
from streams.decode import INVALID, TOO_LARGE, UNDECODABLE, Malformed


class _Coupon(Struct, frozen=True, tag="coupon", tag_field="kind"):
    coupon: Code
    quantity: Count = 1
    release: str = "instant"
    claim: str = "automatic"


class _Points(Struct, frozen=True, tag="points", tag_field="kind"):
    points: Count
    release: str = "instant"
    claim: str = "automatic"


class _Valid(Struct, frozen=True):
    to: datetime | None = None


class _Grant(Struct, frozen=True):
    """Formats may gain fields, which are passed over."""

    grant_id: GrantId
    member_id: MemberId
    gifts: Annotated[tuple[_Coupon | _Points, ...], Meta(max_length=100)]
    valid: tuple[_Valid | None, ...] | None = None


class _Release(Struct, frozen=True):
    grant_id: GrantId
    gift: Annotated[int, Meta(ge=1, le=100)]
    member_id: MemberId
    given: _Coupon | _Points
    claimed_at: datetime | None
    valid_to: datetime | None = None


_grant = msgspec.json.Decoder(_Grant).decode
_release = msgspec.json.Decoder(_Release).decode


def decode_grant(data: bytes | None, max_bytes: int) -> Granted | None:
    """Of a record of `gifts`, the gifts that are claimed with the grant; None where there is none. Raises Malformed."""
    grant: _Grant = _decoded(data, max_bytes, _grant)
    valid = grant.valid or ()
    gifts = tuple(
        _given(gift, each.to if place < len(valid) and (each := valid[place]) is not None else None)
        for place, gift in enumerate(grant.gifts)
        if gift.release == "instant" and gift.claim == "automatic"
    )
    return Granted(grant.grant_id, grant.member_id, gifts) if gifts else None


def decode_release(data: bytes | None, max_bytes: int) -> Granted | None:
    """Of a record of `releases`, the gift, where it is claimed; else None. Raises Malformed."""
    release: _Release = _decoded(data, max_bytes, _release)
    if release.claimed_at is None:
        return None
    return Granted(release.grant_id, release.member_id, (_given(release.given, release.valid_to),), release.gift)


def _given(gift: _Coupon | _Points, until: datetime | None) -> Coupons | Points:
    if isinstance(gift, _Points):
        return Points(gift.points)
    return Coupons(gift.coupon, gift.quantity, None if until is None else until.astimezone(UTC).isoformat())


def _decoded(data: bytes | None, max_bytes: int, decode: Callable[[bytes], Any]) -> Any:
    if data is None:
        raise Malformed(UNDECODABLE, "the record has no value")
    if len(data) > max_bytes:
        raise Malformed(TOO_LARGE, f"{len(data)} bytes, more than the {max_bytes} allowed")
    try:
        return decode(data)
    except msgspec.ValidationError as error:
        # JSON that is no object is no document at all, as on the feeds.
        raise Malformed(INVALID if data.lstrip().startswith(b"{") else UNDECODABLE, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error
