"""An order applied to its member: progress, grants and levels (spec 2.2 to 2.5, 3.3)."""

from __future__ import annotations

from rules.compiled import Candidates, CompiledActivity
from rules.documents import Line, Purchase
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
    refs: list[int] = []
    if not order.imported:
        candidates = rulebook.candidates(
            placed_ms, order.store_id, order.channel, order.service_type, order.currency, programs_at(member, placed_ms)
        )
        additions = contributions(candidates, order.lines, amount)
        for activity in candidates.guarded:
            if not activity.may_share(order):
                additions = [addition for addition in additions if addition[0] is not activity]
        _add(member_id, member, order, additions, candidates.least_every, max_grants, refs, happened)

    counted = counted_amount(order.payments, amount)
    programs = []
    for membership in member.memberships:
        program = None if membership.left else rulebook.program(membership.program, now_ms)
        if program is None:
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
        _items(order.lines),
    )


def _add(
    member_id: str,
    member: Member,
    order: Purchase,
    additions: list[tuple[CompiledActivity, int]],
    least_every: int,
    max_grants: int,
    refs: list[int],
    happened: list[Happened],
) -> None:
    """Adds to progress, and grants what it has earned; the refs of the activities that counted go to `refs`. Raises TooManyGrants."""
    progress, granted = member.progress, member.granted
    for activity, added in additions:
        if added >= least_every * max_grants and too_many(member, activity, added, max_grants):
            raise TooManyGrants(f"the order owes more than {max_grants} grants of activity {activity.code}")
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
                grant_owed(member_id, member, activity, order, happened)


def contributions(candidates: Candidates, lines: list[Line], amount: int) -> list[tuple[CompiledActivity, int]]:
    """What the lines add to each candidate; activities to which they add 0 are left out (spec 2.3).

    Lines of amount 0 add no pieces (spec 2.2).
    """
    if not amount:
        return []
    found = [(activity, amount) for activity in candidates.by_amount]
    if candidates.by_pieces:
        pieces = 0
        for line in lines:
            if line.amount:
                pieces += line.quantity
        found += [(activity, pieces) for activity in candidates.by_pieces]
    by_sku = candidates.by_sku
    if by_sku:
        scoped: dict[CompiledActivity, int] = {}
        for line in lines:
            activities = by_sku.get(line.sku)
            if activities is not None and line.amount:
                for activity in activities:
                    scoped[activity] = scoped.get(activity, 0) + (line.amount if activity.by_amount else line.quantity)
        found += scoped.items()
    for activity in candidates.excluding:
        excluded = activity.exclude or ()
        added = 0
        for line in lines:
            if line.amount and line.sku not in excluded:
                added += line.amount if activity.by_amount else line.quantity
        if added:
            found.append((activity, added))
    return found


def _items(lines: list[Line]) -> list[str | int]:
    """The lines by sku: sku, pieces, amount in turn."""
    items: list[str | int] = []
    for line in lines:
        items += (line.sku, line.quantity if line.amount else 0, line.amount)
    if len(lines) == 1 or len(set(items[::3])) == len(lines):
        return items
    by_sku: dict[str, tuple[int, int]] = {}
    for line in lines:
        pieces, amount = by_sku.get(line.sku, (0, 0))
        by_sku[line.sku] = (pieces + (line.quantity if line.amount else 0), amount + line.amount)
    return [part for sku, (pieces, amount) in by_sku.items() for part in (sku, pieces, amount)]
