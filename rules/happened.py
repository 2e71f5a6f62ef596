"""What came of an event: facts for the outside, as they stand on the topics; each has a schema in docs/schemas (spec 4.1)."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Raw, Struct, UnsetType

Limit = Literal["per_member", "total", "budget"]
IssuedBy = Literal["upgrade", "payment", "added", "calendar"]
Why = Literal["order", "points", "payment", "refund", "ended", "late", "rule", "registered", "left", "merged"]


class Valid(Struct, gc=False, rename={"from_": "from"}):
    """From when to when a coupon is valid; no end where that is null."""

    from_: str
    to: str | None


class Grant(Struct, gc=False):
    """A grant on `gifts`: `ordinal` of a cumulative_spend, `level` (program/level) of a tier_upgrade, `run` (its period) of a bulk, `test`
    (its test_id) of a test send, each of these two left out elsewhere; `gifts` as the activity's `version` has them (1, 2, …; a change of
    any kind is one, spec 2.5). `released_at`: when those were released that are released with it, null where none is. `valid`: of each gift
    that is claimed by that, and is a coupon, from when to when; null for each other, and where there is none such. Upgrade points have no
    activity: they are the program's.
    """

    grant_id: str
    activity: str | None
    member_id: str
    ordinal: int | None
    order_id: str | None
    occurred_at: str
    gifts: Raw
    version: int
    level: str | None = None
    notify: Raw | None = None
    released_at: str | None = None
    valid: list[Valid | None] | None = None
    run: str | UnsetType = UNSET
    test: str | UnsetType = UNSET


class Released(Struct, gc=False):
    """A gift on `releases`, that is not told of by its grant: its place among the grant's `gifts`, from 1, and itself as `given`; whose it
    is, and the activity and version of the grant. `event`: whether it was released now, or claimed, or is another member's now (spec 1.7).
    `released_at`: null where it was not yet. `claimed_at`: null where it is to be claimed; `valid_from`, `valid_to` are null until then,
    and where there is no such time.
    """

    grant_id: str
    gift: int
    event: Literal["released", "claimed", "moved"]
    member_id: str
    activity: str
    version: int
    released_at: str | None
    claimed_at: str | None
    valid_from: str | None
    valid_to: str | None
    given: Raw


class CouponArrival(Struct, gc=False, tag="coupon_arrival", tag_field="type"):
    """On `notifications`: coupons of a grant were released, to be told to the member as the user of a mini program that he is (spec 4.3).
    `message` names a text of the Message Centre.
    """

    grant_id: str
    member_id: str
    mini_program: str
    user: str
    message: str | None
    at: str


class ProgramMessage(Struct, gc=False):
    """What a program tells a member on a channel that he has said yes to (spec 3.11). `level`: that he holds, null for none. `user`: who he
    is in the mini program, or his phone number; null by email.
    """

    program: str
    level: str | None
    member_id: str
    channel: str
    mini_program: str | None
    user: str | None
    text: str
    at: str


class LevelUpgraded(ProgramMessage, gc=False, tag="level_upgraded", tag_field="type"):
    """On `notifications`: he has gained a level, and holds it now."""


class RulesAndBenefits(ProgramMessage, gc=False, tag="rules_and_benefits", tag_field="type"):
    """On `notifications`: the program's rules and benefits, told as he is registered in it, or when they are announced."""


class Departed(Struct, gc=False):
    """An id is its own no longer, on `departures`: it leads to another from now on, or (null) its member was deleted (spec 1.7)."""

    member_id: str
    into: str | None
    at: str


class LevelChange(Struct, gc=False):
    """A change on `levels`: from `before` to `level`, null for none, and why. `until`: the last local day of what holds the level, a
    lock-in as it is reached so far counted; null where it has no end. `by`: whether that is spending, payment or both. Where these alone
    change, `before` and `level` are the same, and `since` is when it came to be held.
    """

    program: str
    member_id: str
    before: str | None
    level: str | None
    why: Why
    document_id: str | None
    since: str
    until: str | None = None
    by: Literal["spending", "payment", "both"] | None = None


class Threshold(Struct, gc=False):
    """A crossing on `thresholds`: the ordinals from `first` to `last` were reached, with `progress` in minor units or pieces; by no order
    where members became one.
    """

    activity: str
    member_id: str
    first: int
    last: int
    progress: int
    order_id: str | None
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


class Asked(Struct, omit_defaults=True, gc=False, tag="asked", tag_field="type"):
    """A grant that the keeper of its activity's `total` and `budget` makes or refuses; `worth`: of its coupons, minor units. `now_ms`: when
    it was owed, by the clock; `finer_us`: by how much later. `later`: whether others may have been made before there was such a limit.
    """

    total: int | None
    budget: int | None
    worth: int
    grant: Grant
    now_ms: int
    finer_us: int = 0
    later: bool = False


class BenefitIssued(Struct, gc=False):
    """A benefit of a level on `benefits`, issued to a member (spec 3.8): `terms` is the benefit as it was written then, and holds for this
    issue whatever becomes of it. `by`: because the level was gained, or first paid for, or the benefit was added to the level that the
    member holds, or its day had come. `code`: which a cart may name; null where nothing is taken off for it.
    """

    issue_id: str
    member_id: str
    program: str
    level: str
    benefit: str
    version: int
    by: IssuedBy
    issued_at: str
    code: str | None
    terms: Raw


Happened = (
    Grant
    | LevelChange
    | Threshold
    | Released
    | CouponArrival
    | Refusal
    | Asked
    | BenefitIssued
    | LevelUpgraded
    | RulesAndBenefits
    | Departed
)


def registered(program: str, member_id: str, level: str | None, at: str) -> LevelChange:
    """A member was registered in a program, at a level that nothing reaches as well, or none; or comes back to it."""
    return LevelChange(program, member_id, None, level, "registered", None, at, None, None if level is None else "spending")


def refusal(grant: Grant, limit: Limit) -> Refusal:
    """What is told of a grant that a limit refused."""
    assert grant.activity is not None, "only an activity's grants are limited"
    return Refusal(
        grant.grant_id,
        grant.activity,
        grant.member_id,
        grant.ordinal,
        grant.level,
        grant.run or None,
        grant.order_id,
        grant.occurred_at,
        limit,
    )


def grants_of(activity: str, member_id: str) -> str:
    """How the ids of an activity's grants to a member begin; the ordinal follows, or the level and the count of gains, and no two are
    alike (spec 2.4, 2.8). Codes hold no slash; one in a member's id is escaped.
    """
    return f"{activity}/{escaped(member_id)}/"


def escaped(member_id: str) -> str:
    """A member's id as grant ids have it (spec 2.4)."""
    if "/" in member_id or "%" in member_id:
        return member_id.replace("%", "%25").replace("/", "%2F")
    return member_id


def unescaped(member: str) -> str:
    """The id of a member that grant ids have so."""
    return member.replace("%2F", "/").replace("%25", "%")
