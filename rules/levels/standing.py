"""Levels by total spending, and the upgrades that activities grant for (spec 2.8, 3.3, 3.4, 3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from rules.documents.shapes import Payment
from rules.happened import Grant, Happened, LevelChange, Why, grants_of
from rules.rulebook.compiled import CompiledProgram
from rules.rulebook.rulebook import Rulebook
from rules.state import Member, Membership
from rules.times import epoch_ms, iso

# These do not count towards levels: they were counted when they were bought (spec 3.3).
_LEFT_OUT = frozenset(("gift_card", "group_voucher"))


def counted_amount(payments: Sequence[Payment], amount: int) -> int:
    """What of an order counts towards levels: its lines less what gift cards and group vouchers paid, at least 0 (spec 3.3)."""
    for payment in payments:
        if payment.method in _LEFT_OUT:
            amount -= payment.amount
    return amount if amount > 0 else 0


def counted_after_refunds(counted: int, lines_left: int, lines_at_first: int) -> int:
    """What still counts of an order once some of its lines' amount was given back, rounded down (spec 3.3)."""
    return counted * lines_left // lines_at_first if lines_at_first else 0


def counts_towards(program: CompiledProgram, membership: Membership, placed_ms: int, currency: str, imported: bool) -> bool:
    """Whether spending at a time counts towards the program's levels (spec 1.1, 1.7, 3.1)."""
    return (
        membership.since_ms <= placed_ms
        and program.active_from_ms <= placed_ms
        and program.currency == currency
        and (not imported or program.include_imported)
    )


class Cause(Struct, gc=False):
    """What a member is judged for: a document and the order that it is of (None: of none), or a changed rule; and when it happened."""

    why: Why
    document_id: str | None
    order_id: str | None
    occurred_at: datetime


def judge(
    member_id: str,
    member: Member,
    membership: Membership,
    program: CompiledProgram,
    rulebook: Rulebook,
    cause: Cause,
    happened: list[Happened],
) -> None:
    """Brings a membership's level to what its spending reaches, at once (spec 3.4, 3.5); an upgrade grants (spec 2.8)."""
    before = membership.level
    level = program.level_for(membership.spent)
    if level == before:
        return
    membership.level = level
    membership.level_since_ms = epoch_ms(cause.occurred_at)
    happened.append(LevelChange(program.code, member_id, before, level, cause.why, cause.document_id, iso(cause.occurred_at)))
    for code in program.gained(before, level):
        _gain(member_id, member, f"{program.code}/{code}", rulebook, cause, happened)


def _gain(member_id: str, member: Member, level: str, rulebook: Rulebook, cause: Cause, happened: list[Happened]) -> None:
    """A level (program/level) was gained: each tier_upgrade for it grants (spec 2.8)."""
    gains = member.gained[level] = member.gained.get(level, 0) + 1
    activities = rulebook.upgrades.get(level)
    if activities is None:
        return
    at_ms = epoch_ms(cause.occurred_at)
    for activity in activities:
        if not activity.from_ms <= at_ms < activity.until_ms:
            continue
        if not activity.regain:
            fired = f"{activity.first_ref}/{level}"
            if fired in member.gained:
                continue
            member.gained[fired] = 1
        gain = f"/{gains}" if activity.regain else ""
        grant_id, at = f"{grants_of(activity.code, member_id)}{level}{gain}", iso(cause.occurred_at)
        happened.append(Grant(grant_id, activity.code, member_id, None, cause.order_id, at, activity.gifts, level, activity.notify))
