"""Points that a member earned elsewhere, or that were taken back: what some programs measure (spec 1.10)."""

from __future__ import annotations

from datetime import UTC

from msgspec import Struct

from rules.documents.content import content_digest, points_key
from rules.documents.fields import MAX_AMOUNT, Id, SignedAmount, Time
from rules.documents.judging import Judging
from rules.documents.kind import NO_ASSETS, Assets, Kind, KnownBy
from rules.documents.lines import Items
from rules.documents.tolerant.fields import Fields
from rules.documents.validity import InvalidDocument


class Points(Struct, gc=False, tag="points", tag_field="type", kw_only=True, omit_defaults=True):
    """Points earned, or below 0 taken back. `program` left out: every one of the member's that measures points. `takes_back`: the points_id
    of those that are taken back, where they are known. `order_id` is for reference only.
    """

    points_id: Id
    member_id: Id
    points: SignedAmount
    earned_at: Time
    program: Id | None = None
    order_id: Id | None = None
    takes_back: Id | None = None
    imported: bool = False
    received_at: Time | None = None


def _read(fields: Fields) -> Points:
    """As tolerantly as may be."""
    return Points(
        points_id=fields.id("points_id"),
        member_id=fields.id("member_id"),
        points=fields.amount("points", least=-MAX_AMOUNT),
        earned_at=fields.time("earned_at"),
        program=fields.id_or_none("program"),
        order_id=fields.id_or_none("order_id", empty=True),
        takes_back=fields.id_or_none("takes_back"),
        imported=fields.flag("imported"),
        received_at=fields.time_or_none("received_at"),
    )


def _check(points: Points, judging: Judging) -> tuple[Items, int, Assets]:
    """The points, which are no lines. Which programs measure them is looked at when they are applied. Raises InvalidDocument."""
    if points.points == 0:
        raise InvalidDocument("/points", "expected points above or below 0; got 0")
    if points.points > 0 and points.takes_back is not None:
        raise InvalidDocument(
            "/takes_back", f"{points.points} points take nothing back: expected points below 0, or takes_back left out"
        )
    return [], points.points, NO_ASSETS


def _may_be_late(points: Points) -> bool:
    return points.imported


def _known_by(points: Points, _: Assets, seed: int) -> KnownBy:
    """Its content is all that counts: the order is for reference only."""
    at = points.earned_at.astimezone(UTC)
    content = content_digest((points.points, at, points.program, points.takes_back, points.imported))
    return content, points_key(points.member_id, points.points_id, seed), None, None


KIND = Kind(
    shape=Points,
    read=_read,
    time_field="earned_at",
    check=_check,
    may_be_late=_may_be_late,
    id_field="points_id",
    known_by=_known_by,
)
