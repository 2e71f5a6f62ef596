"""An order applied to its member: progress, grants and levels (spec 2.2 to 2.5, 3.3)."""

from __future__ import annotations

from collections.abc import Sequence

from rules.compiled import Candidates, CompiledActivity
from rules.documents import Line, Purchase, RefundLine
from rules.grants import grant_owed, too_many
from rules.happened import Happened
from rules.levels import Cause, counted_amount, counts_towards, judge
from rules.members import programs_at
from rules.rulebook import Rulebook
from rules.state import Member, OrderRecord


class TooManyGrants(ValueError):
    """An order that would owe more grants of one activity than the limit allows (spec 1.6). Nothing was changed."""


def apply_purchase(
    member: Member,
    order: Purchase,
    amount: int,
    placed_ms: int,
    now_ms: int,
    content: int,
    rulebook: Rulebook,
    max_grants: int,
    happened: list[Happened],
) -> OrderRecord:
    """Adds an order to its member's progress and spending; what came of it is appended to `happened`.

    `amount`: the sum of the lines; `now_ms`: when the order came; `content`: the digest of its values. The record tells later
    refunds what the order contributed, and where. Raises TooManyGrants.
    """
    member_id = order.member_id
    assert member_id is not None
    items = items_of(order.lines)
    refs: list[int] = []
    if not order.imported:
        candidates = rulebook.candidates(
            placed_ms, order.store_id, order.channel, order.service_type, order.currency, programs_at(member, placed_ms)
        )
        additions = contributions(candidates, items, amount)
        for activity in candidates.guarded:
            if not activity.may_share(order):
                additions = [addition for addition in additions if addition[0] is not activity]
        suspicious = candidates.least_every * max_grants
        for _, added in additions:
            if added >= suspicious:
                _refuse_too_many(member, additions, max_grants)
        refs = [activity.ref for activity, _ in additions]
        _add(member_id, member, order, additions, happened)

    counted = counted_amount(order.payments, amount) if order.payments else amount
    programs = []
    for membership in member.memberships:
        program = rulebook.program(membership.program, now_ms)
        if program is None or membership.left:
            continue
        if counts_towards(program, membership, placed_ms, order.currency, order.imported):
            membership.spent += counted
            programs.append(program.code)
        if program.level_for(membership.spent) != membership.level:
            cause = Cause("order", order.order_id, order.order_id, order.placed_at)
            judge(member_id, member, membership, program, rulebook, cause, happened)

    return OrderRecord(
        member_id,
        order.order_id,
        content,
        now_ms,
        order.currency,
        amount,
        counted,
        programs,
        refs,
        items,
    )


def _refuse_too_many(member: Member, additions: list[tuple[CompiledActivity, int]], max_grants: int) -> None:
    """Raises TooManyGrants where one of the activities would owe more than that."""
    for activity, added in additions:
        if too_many(member, activity, added, max_grants):
            raise TooManyGrants(f"the order owes more than {max_grants} grants of activity {activity.code}")


def _add(
    member_id: str, member: Member, order: Purchase, additions: list[tuple[CompiledActivity, int]], happened: list[Happened]
) -> None:
    """Adds to progress, and grants what it has earned."""
    progress, granted = member.progress, member.granted
    for activity, added in additions:
        ref = activity.ref
        reached = progress[ref] = progress.get(ref, 0) + added
        # Nearly always there is one version, and nothing new is owed.
        if reached >= activity.threshold or not activity.single:
            before = granted.get(activity.first_ref, 0)
            if before < activity.last_ordinal and (
                reached >= (before + 1) * activity.threshold or activity.steps or not activity.single
            ):
                grant_owed(member_id, member, activity, order, happened)


def contributions(candidates: Candidates, items: list[str | int], amount: int) -> list[tuple[CompiledActivity, int]]:
    """What items (see `items_of`), of that amount in all, add to each candidate; those to which they add 0 are left out (spec 2.3)."""
    if not amount:
        return []
    found = [(activity, amount) for activity in candidates.by_amount]
    pieces: int = sum(items[1::3])  # type: ignore[arg-type]
    if candidates.by_pieces:
        found += [(activity, pieces) for activity in candidates.by_pieces]
    by_sku = candidates.by_sku
    if by_sku:
        scoped: dict[CompiledActivity, int] = {}
        for at in range(0, len(items), 3):
            activities = by_sku.get(items[at])  # type: ignore[arg-type]
            if activities is not None:
                for activity in activities:
                    scoped[activity] = scoped.get(activity, 0) + items[at + 2 if activity.by_amount else at + 1]  # type: ignore[operator]
        found += scoped.items()
    for activity in candidates.excluding:
        added = amount if activity.by_amount else pieces
        if not activity.exclude.isdisjoint(items[::3]):
            measure = 2 if activity.by_amount else 1
            added -= sum(items[at + measure] for at in range(0, len(items), 3) if items[at] in activity.exclude)  # type: ignore[misc]
        found.append((activity, added))
    return [addition for addition in found if addition[1]]


def items_of(lines: Sequence[Line | RefundLine]) -> list[str | int]:
    """The lines by sku: sku, pieces, amount in turn. Lines of amount 0 add no pieces (spec 2.2)."""
    items: list[str | int] = []
    for line in lines:
        amount = line.amount
        items += (line.sku, line.quantity if amount else 0, amount)
    if len(items) == 3 or len(set(items[::3])) == len(lines):
        return items
    by_sku: dict[str, tuple[int, int]] = {}
    for line in lines:
        pieces, amount = by_sku.get(line.sku, (0, 0))
        by_sku[line.sku] = (pieces + (line.quantity if line.amount else 0), amount + line.amount)
    return [part for sku, (pieces, amount) in by_sku.items() for part in (sku, pieces, amount)]
