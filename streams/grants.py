"""A grant as it stands on `gifts`, to what a wallet is given (spec 4.1, 4.2)."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from rules.definitions.shapes import Code, Count
from streams.decode import INVALID, TOO_LARGE, UNDECODABLE, Malformed


class Coupons(Struct, frozen=True, tag="coupon", tag_field="kind"):
    """A number of one coupon; how it is released and how long it holds is not the wallet's matter yet."""

    coupon: Code
    quantity: Count = 1


class Points(Struct, frozen=True, tag="points", tag_field="kind"):
    """A number of points."""

    points: Count


# A byte of an id is a byte in Redis, for good.
_Id = Annotated[str, Meta(min_length=1, max_length=1024)]


class ArrivedGrant(Struct, frozen=True):
    """What delivery needs of a grant; formats may gain fields, which are passed over."""

    grant_id: _Id
    member_id: _Id
    gifts: Annotated[tuple[Coupons | Points, ...], Meta(max_length=100)]


_decode = msgspec.json.Decoder(ArrivedGrant).decode


def decode_grant(data: bytes | None, max_bytes: int) -> ArrivedGrant:
    """The grant of a record. Raises Malformed."""
    if data is None:
        raise Malformed(UNDECODABLE, "the record has no value")
    if len(data) > max_bytes:
        raise Malformed(TOO_LARGE, f"{len(data)} bytes, more than the {max_bytes} allowed")
    try:
        return _decode(data)
    except msgspec.ValidationError as error:
        # JSON that is no object is no document at all, as on the feeds.
        raise Malformed(INVALID if data.lstrip().startswith(b"{") else UNDECODABLE, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(UNDECODABLE, f"not JSON: {error}") from error
