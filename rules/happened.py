"""What came of an event: facts for the outside, as they stand on the topics; each has a schema in docs/schemas (spec 4.1)."""

from __future__ import annotations

from typing import Literal

from msgspec import Raw, Struct

Limit = Literal["per_member", "total", "budget"]
Why = Literal["order", "refund", "rule", "registered", "left"]


class Grant(Struct, gc=False):
    """A grant on `gifts`: `ordinal` of a cumulative_spend, `level` (program/level) of a tier_upgrade; `gifts` as the activity's
    `version` has them (1, 2, …; a change of any kind is one, spec 2.5).
    """

    grant_id: str
    activity: str
    member_id: str
    ordinal: int | None
    order_id: str | None
    occurred_at: str
    gifts: Raw
    version: int
    level: str | None = None
    notify: Raw | None = None


class LevelChange(Struct, gc=False):
    """A change on `levels`: from `before` to `level`, null for none, and why."""

    program: str
    member_id: str
    before: str | None
    level: str | None
    why: Why
    document_id: str | None
    since: str


class Threshold(Struct, gc=False):
    """A crossing on `thresholds`: the ordinals from `first` to `last` were reached, with `progress` in minor units or pieces."""

    activity: str
    member_id: str
    first: int
    last: int
    progress: int
    order_id: str
    occurred_at: str


class Refusal(Struct, gc=False):
    """A grant on `refusals` that was owed and not made: `limit` is the first that refused it (spec 2.10). Its ordinal is used up."""

    grant_id: str
    activity: str
    member_id: str
    ordinal: int | None
    level: str | None
    run: str | None
    order_id: str | None
    occurred_at: str
    limit: Limit


class Asked(Struct, gc=False, tag="asked", tag_field="type"):
    """A grant that the keeper of its activity's `total` and `budget` makes or refuses; `worth`: of its coupons, minor units."""

    total: int | None
    budget: int | None
    worth: int
    grant: Grant


Happened = Grant | LevelChange | Threshold | Refusal | Asked


def refusal(grant: Grant, limit: Limit) -> Refusal:
    """What is told of a grant that a limit refused."""
    run = None
    return Refusal(
        grant.grant_id,
        grant.activity,
        grant.member_id,
        grant.ordinal,
        grant.level,
        run,
        grant.order_id,
        grant.occurred_at,
        limit,
    )


def grants_of(activity: str, member_id: str) -> str:
    """How the ids of an activity's grants to a member begin; the ordinal follows, or the level and the count of gains, and no two are
    alike (spec 2.4, 2.8). Codes hold no slash; one in a member's id is escaped.
    """
    if "/" in member_id or "%" in member_id:
        member_id = member_id.replace("%", "%25").replace("/", "%2F")
    return f"{activity}/{member_id}/"
