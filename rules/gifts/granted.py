"""What a sink is given: gifts that are a member's to use, as whoever takes them needs them (spec 4.1, 4.2)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from rules.definitions.fields import Code, Count

# A byte of an id is a byte at whoever remembers it. A member's id of 256 characters is escaped threefold at most, between codes of 128.
_GRANT_ID_CHARACTERS = 2_048
_MEMBER_ID_CHARACTERS = 1_024

GrantId = Annotated[str, Meta(min_length=1, max_length=_GRANT_ID_CHARACTERS)]
MemberId = Annotated[str, Meta(min_length=1, max_length=_MEMBER_ID_CHARACTERS)]


class Coupons(Struct, frozen=True, tag="coupon", tag_field="kind"):
    """A number of one coupon; `until`: the last second at which it is valid, None for no end."""

    coupon: Code
    quantity: Count = 1
    until: str | None = None


class Points(Struct, frozen=True, tag="points", tag_field="kind"):
    """A number of points."""

    points: Count


class Granted(Struct, frozen=True):
    """Gifts of a grant, claimed by a member. A gift is known by its grant and its place in it: `gift`, from 1; 0 for all that are claimed
    with the grant, which are given together.
    """

    grant_id: str
    member_id: str
    gifts: tuple[Coupons | Points, ...]
    gift: int = 0

    @property
    def id(self) -> str:
        """By which a sink takes it once. No activity's code begins with a star, so no two are alike."""
        return f"*{self.gift}/{self.grant_id}" if self.gift else self.grant_id


class CouponGift(Struct, frozen=True):
    """One gift of coupons, claimed by a member, as whoever issues coupons is told of it; known by its grant and its place in it, from 1.

    Times are as the record has them, with an offset; `valid_to`: None for no end.
    """

    grant_id: str
    gift: int
    member_id: str
    activity: str | None
    coupon: str
    quantity: int
    claimed_at: str | None
    valid_from: str | None = None
    valid_to: str | None = None


class Left(Struct, frozen=True):
    """An id is its own no longer: what it holds is another's, or (None) nobody's (spec 1.7)."""

    member_id: str
    into: str | None
