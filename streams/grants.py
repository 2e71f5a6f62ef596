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


class CouponOfGrant(Struct, frozen=True, tag="coupon", tag_field="kind"):
    """A gift as a record has it."""

    coupon: Code
    quantity: Count = 1
    release: str = "instant"
    claim: str = "automatic"

    def is_claimed_with_its_grant(self) -> bool:
        """Whether it is on no other topic than `gifts`."""
        return self.release == "instant" and self.claim == "automatic"


class PointsOfGrant(Struct, frozen=True, tag="points", tag_field="kind"):
    """Likewise."""

    points: Count
    release: str = "instant"
    claim: str = "automatic"

    def is_claimed_with_its_grant(self) -> bool:
        """Likewise."""
        return self.release == "instant" and self.claim == "automatic"


class Valid(Struct, frozen=True, rename={"from_": "from"}):
    """From when to when a coupon is valid."""

    from_: datetime | None = None
    to: datetime | None = None


class GrantRecord(Struct, frozen=True):
    """Formats may gain fields, which are passed over."""

    grant_id: GrantId
    member_id: MemberId
    gifts: Annotated[tuple[CouponOfGrant | PointsOfGrant, ...], Meta(max_length=100)]
    valid: tuple[Valid | None, ...] | None = None
    activity: str | None = None
    released_at: datetime | None = None

    def validity(self, place: int) -> Valid:
        """Of the gift at a place, from 0."""
        valid = self.valid or ()
        return (valid[place] if place < len(valid) else None) or _ALWAYS


class ReleaseRecord(Struct, frozen=True):
    """Likewise."""

    grant_id: GrantId
    gift: Annotated[int, Meta(ge=1, le=100)]
    member_id: MemberId
    given: CouponOfGrant | PointsOfGrant
    claimed_at: datetime | None
    valid_to: datetime | None = None
    valid_from: datetime | None = None
    activity: str | None = None


_ALWAYS = Valid()


_grant = msgspec.json.Decoder(GrantRecord).decode
_release = msgspec.json.Decoder(ReleaseRecord).decode


def decode_grant(data: bytes | None, max_bytes: int) -> Granted | None:
    """Of a record of `gifts`, the gifts that are claimed with the grant; None where there is none. Raises Malformed."""
    grant = read_grant(data, max_bytes)
    gifts = tuple(
        _given(gift, grant.validity(place).to) for place, gift in enumerate(grant.gifts) if gift.is_claimed_with_its_grant()
    )
    return Granted(grant.grant_id, grant.member_id, gifts) if gifts else None


def decode_release(data: bytes | None, max_bytes: int) -> Granted | None:
    """Of a record of `releases`, the gift, where it is claimed; else None. Raises Malformed."""
    release = read_release(data, max_bytes)
    if release.claimed_at is None:
        return None
    return Granted(release.grant_id, release.member_id, (_given(release.given, release.valid_to),), release.gift)


def read_grant(data: bytes | None, max_bytes: int) -> GrantRecord:
    """A record of `gifts`. Raises Malformed."""
    grant: GrantRecord = decoded(data, max_bytes, _grant)
    return grant


def read_release(data: bytes | None, max_bytes: int) -> ReleaseRecord:
    """A record of `releases`. Raises Malformed."""
    release: ReleaseRecord = decoded(data, max_bytes, _release)
    return release


def _given(gift: CouponOfGrant | PointsOfGrant, until: datetime | None) -> Coupons | Points:
    if isinstance(gift, PointsOfGrant):
        return Points(gift.points)
    return Coupons(gift.coupon, gift.quantity, None if until is None else until.astimezone(UTC).isoformat())


def decoded(data: bytes | None, max_bytes: int, decode: Callable[[bytes], Any]) -> Any:
    """What a record's value is, of no more bytes than that. Raises Malformed."""
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
