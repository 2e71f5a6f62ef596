"""Which orders counted in an activity, and how much: of what the order store keeps of each, by the ids that are still known.

The store knows orders by digests of their ids. Ids are known of the documents that the feeds still hold, and of the grants that orders
made. What the member's sum has beside these is said as one figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from agents.fold.orders import Orders
from rules.documents.content import refund_key
from rules.documents.purchase import Purchase
from rules.documents.refund import Refund
from rules.order_record import OrderRecord
from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.epochs import fold
from rules.rulebook.rulebook import Rulebook
from rules.spending.ordinals import total
from rules.state import Member
from rules.times import at_utc, iso
from tidemark.explaining.stored import Document


class Refunded(Struct):
    """A refund of an order that was taken: its lines come to `amount`, minor units."""

    refund_id: str
    refunded_at: str
    amount: int


class Counted(Struct):
    """An order that counted, under which version: what it added at first, and what refunds have taken of that since. `placed_at`: null
    where its document is no longer kept; `came_at`: by the partition's clock.
    """

    order_id: str
    placed_at: str | None
    came_at: str
    version: int
    counted: int
    taken_back: int
    refunds: list[Refunded]


class Sums(Struct):
    """A member's sum in an activity as it is now, in `measure`. `named`: of it, what the orders that are listed have left; `others`: the
    rest, of orders that are no longer known by name, refunds without an order, and goods given back in a sale.
    """

    measure: str
    now: int
    named: int
    others: int


def in_activity(record: OrderRecord, rulebook: Rulebook, code: str) -> CompiledActivity | None:
    """The version of an activity that an order counted in; None where it did not."""
    found = (rulebook.activities.get(ref) for ref in record.activities)
    return next((activity for activity in found if activity is not None and activity.code == code), None)


def added(record: OrderRecord, activity: CompiledActivity) -> int:
    """What the items of an order's record come to in an activity."""
    items, measure = record.items, 2 if activity.by_amount else 1
    return sum(int(items[at + measure]) for at in range(0, len(items), 3) if activity.in_scope(str(items[at])))


def counted_orders(
    code: str,
    member_id: str,
    order_ids: Iterable[str],
    documents: Sequence[Document],
    orders: Orders,
    rulebook: Rulebook,
    seed: int,
) -> list[Counted]:
    """Of the orders with these ids, and those of the documents, that counted in an activity, as they came."""
    # Another with its id may have come, which is a conflict: what was applied is told by its content.
    came = [each for each in documents if isinstance(each.accepted.document, Purchase)]
    placed = {(each.accepted.document.order_id, each.accepted.content): each for each in came}
    found = []
    for order_id in dict.fromkeys((*(order_id for order_id, _ in placed), *order_ids)):
        first, now = orders.at_first(member_id, order_id), orders.order(member_id, order_id)
        if first is None or now is None or orders.was_dropped(member_id, order_id):
            continue
        activity = in_activity(first, rulebook, code)
        if activity is None:
            continue
        counted = added(first, activity)
        document = placed.get((order_id, first.content))
        found.append(
            Counted(
                order_id,
                None if document is None else iso(document.accepted.document.placed_at),
                at_utc(first.came_ms),
                activity.version,
                counted,
                counted - added(now.record, activity),
                _refunds(order_id, member_id, documents, orders, seed),
            )
        )
    return sorted(found, key=lambda each: (each.came_at, each.placed_at or ""))


def _refunds(order_id: str, member_id: str, documents: Sequence[Document], orders: Orders, seed: int) -> list[Refunded]:
    """The refunds that name an order and were taken, of those that the feeds still hold, each once."""
    found: dict[str, Refunded] = {}
    for each in documents:
        refund = each.accepted.document
        if not isinstance(refund, Refund) or refund.order_id != order_id:
            continue
        if orders.is_taken(refund_key(member_id, refund.refund_id, seed)):
            found.setdefault(refund.refund_id, Refunded(refund.refund_id, iso(refund.refunded_at), each.accepted.amount))
    return list(found.values())


def sums(code: str, member: Member, counted: Sequence[Counted], rulebook: Rulebook) -> Sums | None:
    """Of a cumulative_spend; None of another type, and where nothing of it is kept."""
    versions = [each for each in rulebook.granting_of(code) if isinstance(each, CompiledActivity)]
    if not versions:
        return None
    fold(member, versions[-1])
    now = total(member, versions[-1])
    named = sum(each.counted - each.taken_back for each in counted)
    return Sums("amount" if versions[-1].by_amount else "pieces", now, named, now - named)
