"""A refund applied to its member: what was contributed is taken back where it was contributed (spec 1.2)."""

from __future__ import annotations

import msgspec

from rules.documents.accepted import Accepted
from rules.documents.lines import WeighedLine
from rules.documents.refund import Refund
from rules.figures.figuring import Figuring
from rules.happened import Happened
from rules.levels.cause import Cause
from rules.levels.counting import counted_after_refunds
from rules.levels.orders import take_back_of
from rules.order_record import OrderRecord
from rules.rulebook.rulebook import Rulebook
from rules.spending.subtracting import subtract
from rules.spending.sums import take_off
from rules.state import Member
from rules.times import epoch_ms


def refund_order(
    member: Member,
    refund: Refund,
    record: OrderRecord,
    now_ms: int,
    rulebook: Rulebook,
    happened: list[Happened],
    figures: Figuring | None = None,
) -> OrderRecord:
    """Takes back what the refund names of an order, each sku at most what is left of it, and gives the order's new record.

    The scope is that of the version that the order counted in, whatever has changed since.
    """
    asked = _asked(refund)
    items = list(record.items)
    weighed = dict(record.weighed or ())
    given_back: list[tuple[str, int, int]] = []
    left_before = sum(items[2::3])  # type: ignore[arg-type]
    left_after = left_before
    # Of an order of many lines most are not asked for.
    places = dict(zip(items[::3], range(0, len(items), 3), strict=True))
    for at in sorted([places[sku] for sku in asked.keys() | weighed.keys() if sku in places]):
        sku, pieces_left, amount_left = items[at : at + 3]
        assert isinstance(sku, str) and isinstance(pieces_left, int) and isinstance(amount_left, int)
        quantity, amount = asked.get(sku, (0, 0))
        pieces, amount = min(quantity, pieces_left - weighed.get(sku, 0)), min(amount, amount_left)
        if amount == amount_left:
            # Weighed goods are given back with the last of their amount.
            pieces += weighed.pop(sku, 0)
        items[at + 1], items[at + 2] = pieces_left - pieces, amount_left - amount
        left_after -= amount
        if pieces or amount:
            given_back.append((sku, pieces, amount))

    for ref in record.activities:
        activity = rulebook.activities[ref]
        for sku, pieces, amount in given_back:
            if activity.in_scope(sku):
                take_off(member, activity, amount if activity.by_amount else pieces, figured=figures is not None)

    if figures is not None:
        _figure(figures, refund, record, given_back, rulebook)
    at_first = left_before + record.taken_back
    counted = at_first - record.left_out
    before, now = counted_after_refunds(counted, left_before, at_first), counted_after_refunds(counted, left_after, at_first)
    assert refund.member_id is not None
    cause = Cause("refund", refund.refund_id, refund.order_id, refund.refunded_at, now_ms)
    take_back_of(record, before, now, refund.member_id, member, rulebook, cause, happened)
    return msgspec.structs.replace(record, items=items, weighed=weighed, taken_back=at_first - left_after)


def _figure(
    figures: Figuring, refund: Refund, record: OrderRecord, given_back: list[tuple[str, int, int]], rulebook: Rulebook
) -> None:
    """What was given back (sku, pieces, amount each), of what the order counted where (spec 2.7)."""
    for ref in record.activities:
        activity = rulebook.activities[ref]
        figures.taken_back(activity, sum(amount for sku, _, amount in given_back if activity.in_scope(sku)))
    whole = sum(amount for *_, amount in given_back)
    for first_ref in record.used:
        if first_ref in rulebook.figured_by_ref:
            figures.used_taken_back(rulebook.figured_by_ref[first_ref].code, whole)
    figures.given_back(refund.store_id, refund.channel, refund.currency, epoch_ms(refund.refunded_at), whole)


def _asked(refund: Refund) -> dict[str, tuple[int, int]]:
    """By sku, the pieces and the amount of its lines together. A line of amount 0 gives no pieces back, nor does weighed goods' weight."""
    asked: dict[str, tuple[int, int]] = {}
    for line in refund.lines:
        pieces, amount = asked.get(line.sku, (0, 0))
        if line.amount and not isinstance(line, WeighedLine):
            pieces += line.quantity
        asked[line.sku] = (pieces, amount + line.amount)
    return asked


def refund_without_order(
    member: Member,
    accepted: Accepted,
    now_ms: int,
    rulebook: Rulebook,
    happened: list[Happened],
    figures: Figuring | None = None,
) -> None:
    """Subtracts what a purchase of the same lines, at the time of the refund, would have added (spec 1.2). Raises InvalidDocument."""
    refund = accepted.document
    assert isinstance(refund, Refund) and refund.member_id is not None
    cause = Cause("refund", refund.refund_id, None, refund.refunded_at, now_ms)
    subtract(member, refund, accepted.time_ms, accepted.items, accepted.amount, cause, rulebook, happened, figures)
