"""Goods given back in the same sale: an exchange, a deposit (spec 1.1)."""

from __future__ import annotations

from rules.documents.accepted import Accepted
from rules.documents.baskets import given_back
from rules.documents.purchase import Purchase
from rules.figures.figuring import Figuring
from rules.happened import Happened
from rules.levels.cause import Cause
from rules.rulebook.rulebook import Rulebook
from rules.spending.subtracting import subtract
from rules.state import Member


def give_back(
    member: Member,
    accepted: Accepted,
    now_ms: int,
    rulebook: Rulebook,
    happened: list[Happened],
    figures: Figuring | None = None,
) -> None:
    """Right after the rest of an order was applied: what was given back with it acts as a refund without an order, of the order's time,
    store and channel. Raises InvalidDocument.
    """
    order = accepted.document
    assert isinstance(order, Purchase) and order.member_id is not None
    items, amount = given_back(order.lines)
    if not amount:
        return
    cause = Cause("refund", order.order_id, None, order.placed_at, now_ms, order.imported)
    subtract(member, order, accepted.time_ms, items, amount, cause, rulebook, happened, figures)
