"""A grant as whoever takes it needs it: what is given, and to whom (spec 4.1, 4.2). Formats may gain fields, which are passed over."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from rules.definitions.fields import Code, Count

# A byte of an id is a byte at whoever remembers it. A member's id of 256 characters is escaped threefold at most, between codes of 128.
_GRANT_ID_CHARACTERS = 2_048
_MEMBER_ID_CHARACTERS = 1_024


class Coupons(Struct, frozen=True, tag="coupon", tag_field="kind"):
    """A number of one coupon; how it is released and how long it holds is not the sinks' matter yet."""

    coupon: Code
    quantity: Count = 1


class Points(Struct, frozen=True, tag="points", tag_field="kind"):
    """A number of points."""

    points: Count


class Granted(Struct, frozen=True):
    """A grant of `gifts` to a member. A gift is known by its grant and its place in it."""

    grant_id: Annotated[str, Meta(min_length=1, max_length=_GRANT_ID_CHARACTERS)]
    member_id: Annotated[str, Meta(min_length=1, max_length=_MEMBER_ID_CHARACTERS)]
    gifts: Annotated[tuple[Coupons | Points, ...], Meta(max_length=100)]
