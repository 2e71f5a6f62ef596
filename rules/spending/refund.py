"""A refund applied to its member: what was contributed is taken back where it was contributed (spec 1.2)."""

from __future__ import annotations

import msgspec

from rules.documents.accepted import Accepted
from rules.documents.refund import Refund
from rules.happened import Happened
from rules.levels.cause import Cause
from rules.levels.counting import counted_after_refunds, counts_towards
from rules.levels.standing import judge
from rules.members import programs_at
from rules.rulebook.rulebook import Rulebook
from rules.spending.purchase import contributions
from rules.spending.sums import LARGE, check_sums
from rules.state import Member, OrderRecord


def refund_order(
    member: Member, refund: Refund, record: OrderRecord, now_ms: int, rulebook: Rulebook, happened: list[Happened]
) -> OrderRecord:
    """Takes back what the refund names of an order, each sku at most what is left of it, and gives the order's new record.

    The scope is that of the version that the order counted in, whatever has changed since.
    """
    asked: dict[str, tuple[int, int]] = {}
    for line in refund.lines:
        quantity, amount = asked.get(line.sku, (0, 0))
        asked[line.sku] = (quantity + line.quantity, amount + line.amount)
    items = list(record.items)
    given_back: list[tuple[str, int, int]] = []
    left_before = left_after = 0
    for at in range(0, len(items), 3):
        sku, pieces_left, amount_left = items[at : at + 3]
        assert isinstance(sku, str) and isinstance(pieces_left, int) and isinstance(amount_left, int)
        quantity, amount = asked.get(sku, (0, 0))
        pieces, amount = min(quantity, pieces_left), min(amount, amount_left)
        items[at + 1], items[at + 2] = pieces_left - pieces, amount_left - amount
        left_before += amount_left
        left_after += amount_left - amount
        if pieces or amount:
            given_back.append((sku, pieces, amount))

    for ref in record.activities:
        activity = rulebook.activities[ref]
        for sku, pieces, amount in given_back:
            if activity.in_scope(sku):
                taken = amount if activity.by_amount else pieces
                member.progress[activity.epoch] = member.progress.get(activity.epoch, 0) - taken

    at_first = left_before + record.taken_back
    counted = at_first - record.left_out
    less = counted_after_refunds(counted, left_before, at_first) - counted_after_refunds(counted, left_after, at_first)
    for membership in member.memberships:
        versions = rulebook.programs.get(membership.program)
        if versions is not None and versions[0].first_ref in record.programs:
            membership.spent -= less
    assert refund.member_id is not None
    cause = Cause("refund", refund.refund_id, refund.order_id, refund.refunded_at, now_ms)
    judge(refund.member_id, member, rulebook, cause, happened)
    return msgspec.structs.replace(record, items=items, taken_back=at_first - left_after)


def refund_without_order(member: Member, accepted: Accepted, now_ms: int, rulebook: Rulebook, happened: list[Happened]) -> None:
    """Subtracts what a purchase of the same lines, at the time of the refund, would have added (spec 1.2). Raises InvalidDocument."""
    refund, refunded_ms, amount = accepted.document, accepted.time_ms, accepted.amount
    assert isinstance(refund, Refund)
    pieces = 0
    if amount:
        candidates = rulebook.candidates(
            refunded_ms, refund.store_id, refund.channel, None, refund.currency, programs_at(member, refunded_ms)
        )
        additions = contributions(candidates, accepted.items, amount)
        pieces = additions[1][0]
        for added, activities in additions:
            for activity in activities:
                member.progress[activity.epoch] = member.progress.get(activity.epoch, 0) - added
    for membership in member.memberships:
        program = None if membership.left else rulebook.program(membership.program, now_ms)
        if program is not None and counts_towards(program, membership, refunded_ms, refund.currency, imported=False):
            membership.spent -= amount
    if amount > LARGE or pieces > LARGE:
        check_sums(member)
    assert refund.member_id is not None
    judge(refund.member_id, member, rulebook, Cause("refund", refund.refund_id, None, refund.refunded_at, now_ms), happened)
