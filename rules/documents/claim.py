"""A member claims what was released to him (spec 2.6)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from rules.documents.fields import Id, Time
from rules.documents.judging import Judging
from rules.documents.kind import NO_ASSETS, Assets, Kind
from rules.documents.lines import Items
from rules.documents.tolerant.fields import Fields

# An id of ours: a member's of 256 characters, escaped threefold at most, between codes of 128.
MAX_GRANT_ID_CHARACTERS = 2_048
MAX_PLACE = 2**53

GrantId = Annotated[str, Meta(min_length=1, max_length=MAX_GRANT_ID_CHARACTERS)]
Place = Annotated[int, Meta(ge=1, le=MAX_PLACE)]


class Claim(Struct, gc=False, tag="claim", tag_field="type", kw_only=True):
    """A claim of a gift, by its place in its grant, from 1; left out: of all that can be claimed."""

    member_id: Id
    grant_id: GrantId
    claimed_at: Time
    gift: Place | None = None
    received_at: Time | None = None


def _read(fields: Fields) -> Claim:
    """As tolerantly as may be."""
    return Claim(
        member_id=fields.id("member_id"),
        grant_id=fields.id("grant_id", MAX_GRANT_ID_CHARACTERS),
        claimed_at=fields.time("claimed_at"),
        gift=fields.count_or_none("gift", MAX_PLACE),
        received_at=fields.time_or_none("received_at"),
    )


def _check(_: Claim, judging: Judging) -> tuple[Items, int, Assets]:
    """Whether there is such a gift is looked at when it is applied."""
    return [], 0, NO_ASSETS


KIND = Kind(
    shape=Claim,
    read=_read,
    time_field="claimed_at",
    check=_check,
    moves_clock=True,
)
