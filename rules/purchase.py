"""An order applied to its member: progress, grants and levels (spec 2.2 to 2.5, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

from rules.accepted import Accepted
from rules.compiled import Candidates, CompiledActivity
from rules.documents import Purchase
from rules.grants import grant_owed, too_many
from rules.happened import Happened
from rules.levels import Cause, counted_amount, counts_towards, judge
from rules.members import programs_at
from rules.rulebook import Rulebook
from rules.state import Member, OrderRecord

Additions = list[tuple[CompiledActivity, int]]


class TooManyGrants(ValueError):
    """An order that would owe more grants of one activity than the limit allows (spec 1.6). Nothing was changed."""


def apply_purchase(
    member: Member,
    accepted: Accepted,
    now_ms: int,
    rulebook: Rulebook,
    max_grants: int,
    happened: list[Happened],
) -> OrderRecord:
    """Adds an order to its member's progress and spending; what came of it is appended to `happened`.

    `now_ms`: when the order came. The record tells later refunds what the order contributed, and where. Raises TooManyGrants.
    """
    order = accepted.document
    assert isinstance(order, Purchase) and order.member_id is not None
    refs = _progress(member, order, accepted, rulebook, max_grants, happened) if accepted.amount and not order.imported else []
    programs, counted = _spend(member, order, accepted, now_ms, rulebook, happened)
    left_out = accepted.amount - counted
    return OrderRecord(accepted.content, now_ms, order.currency, accepted.items, programs, refs, left_out)


def _progress(
    member: Member, order: Purchase, accepted: Accepted, rulebook: Rulebook, max_grants: int, happened: list[Happened]
) -> list[int]:
    """Adds to progress, and grants what it has earned; the refs of the activities that the order counted in."""
    amount, items = accepted.amount, accepted.items
    candidates = rulebook.candidates(
        accepted.time_ms,
        order.store_id,
        order.channel,
        order.service_type,
        order.currency,
        programs_at(member, accepted.time_ms),
    )
    additions = contributions(candidates, items, amount)
    for activity in candidates.guarded:
        if not activity.may_share(order):
            additions = [addition for addition in additions if addition[0] is not activity]
    suspicious = candidates.least_every * max_grants
    if amount >= suspicious or sum(items[1::3]) >= suspicious:  # type: ignore[arg-type]
        _refuse_too_many(member, additions, max_grants)
    refs: list[int] = []
    progress, granted = member.progress, member.granted
    for activity, added in additions:
        ref = activity.ref
        refs.append(ref)
        reached = progress[ref] = progress.get(ref, 0) + added
        # Nearly always there is one version, and nothing new is owed.
        if reached >= activity.threshold or not activity.single:
            before = granted.get(activity.first_ref, 0)
            if before < activity.last_ordinal and (
                reached >= (before + 1) * activity.threshold or activity.steps or not activity.single
            ):
                grant_owed(member, activity, order, happened)
    return refs


def _refuse_too_many(member: Member, additions: Additions, max_grants: int) -> None:
    """Raises TooManyGrants where one of the activities would owe more than that."""
    for activity, added in additions:
        if too_many(member, activity, added, max_grants):
            raise TooManyGrants(f"the order owes more than {max_grants} grants of activity {activity.code}")


def contributions(candidates: Candidates, items: Sequence[str | int], amount: int) -> Additions:
    """What items (see `items_of`), of that amount above 0 in all, add to each candidate; where they add 0 they take no part
    (spec 2.3).
    """
    found = [(activity, amount) for activity in candidates.by_amount]
    skus = items[::3]
    if candidates.by_pieces or candidates.excluding:
        pieces: int = sum(items[1::3])  # type: ignore[arg-type]
        for activity in candidates.by_pieces:
            found.append((activity, pieces))
        for activity in candidates.excluding:
            added = amount if activity.by_amount else pieces
            if not activity.exclude.isdisjoint(skus):
                added -= _in_scope(items, 2 if activity.by_amount else 1, activity.exclude)
            if added:
                found.append((activity, added))
    by_sku = candidates.by_sku
    if by_sku:
        scoped: dict[CompiledActivity, int] = {}
        at = 0
        for sku in skus:
            if sku in by_sku:
                for activity in by_sku[sku]:
                    scoped[activity] = scoped.get(activity, 0) + items[at + 2 if activity.by_amount else at + 1]  # type: ignore[operator]
            at += 3
        for addition in scoped.items():
            if addition[1]:
                found.append(addition)
    return found


def _in_scope(items: Sequence[str | int], measure: int, skus: frozenset[str]) -> int:
    """The pieces (measure 1) or amounts (2) of these skus."""
    return sum(items[at + measure] for at in range(0, len(items), 3) if items[at] in skus)  # type: ignore[misc]


def _spend(
    member: Member, order: Purchase, accepted: Accepted, now_ms: int, rulebook: Rulebook, happened: list[Happened]
) -> tuple[list[int], int]:
    """Adds to what was spent, and brings levels to what it reaches; the programs it counted for, and how much."""
    counted = counted_amount(order.payments, accepted.amount) if order.payments else accepted.amount
    programs: list[int] = []
    for membership in member.memberships:
        program = rulebook.program(membership.program, now_ms)
        if program is None or membership.left:
            continue
        if counts_towards(program, membership, accepted.time_ms, order.currency, order.imported):
            membership.spent += counted
            programs.append(program.first_ref)
        if program.level_for(membership.spent) != membership.level:
            cause = Cause("order", order.order_id, order.order_id, order.placed_at)
            assert order.member_id is not None
            judge(order.member_id, member, membership, program, rulebook, cause, happened)
    return programs, counted
