"""What who reads a line tells the other process of it: where it stands, and what it does to the clock, which is one for both."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from typing import Final

from agents.fold.orders import Orders
from agents.fold.settings import FoldSettings
from agents.replaying.reading_ahead import SEED, Line
from rules.clock import DocumentsClock
from rules.documents.accepted import Accepted
from rules.documents.kinds import is_late, latest_us
from rules.documents.purchase import MixedPurchase, Purchase
from rules.documents.refund import Refund
from tables.orders.store import OrderStore
from tables.partition import PartitionTable

# What comes of a line. It moves no clock; it is taken, so that it brings the clock to its time where that is later; whether it is taken is
# known once it is applied; and so is its time.
NEVER: Final = 0
SURELY: Final = 1
PERHAPS: Final = 2
UNKNOWN: Final = 3

# Minor units. An activity that gives something for less may have it all done in one process.
_LEAST_THRESHOLD: Final = 100

# That, the feed, the partition, and the time: epoch ms, and by how much it is later than that (us).
Told = tuple[int, str, int, int, int]


def moves(told: Told, clock: DocumentsClock) -> bool:
    """Whether the clock is earlier than the time of a line."""
    _, _, _, time_ms, finer_us = told
    return time_ms > clock.now_ms or (time_ms == clock.now_ms and finer_us > clock.finer_us)


def tell(line: Line, settings: FoldSettings, clock: DocumentsClock, table: PartitionTable, ahead: Sequence[Set[bytes]]) -> Told:
    """What can be told of a line that is applied here, before it is. `clock`, `table`: as they are by now, before lines that come
    first. `ahead`: the keys of those.
    """
    feed, partition, accepted = line.feed, line.partition, line.accepted
    if accepted is None:
        return UNKNOWN, feed, partition, 0, 0
    document, time_ms = accepted.document, accepted.time_ms
    # One that does not say when it was received, was as late as the clock is: it moves that only where it is later itself.
    received_ms = accepted.received_ms
    if document.received_at is not None and is_late(document, time_ms, received_ms, settings.late_ms):
        return NEVER, feed, partition, 0, 0
    at_ms, at_us = max(time_ms, received_ms), latest_us(document, time_ms, received_ms)
    told = PERHAPS, feed, partition, at_ms, at_us
    if moves(told, clock) and _is_taken_for_sure(accepted, settings, table, ahead):
        return SURELY, feed, partition, at_ms, at_us
    return told


def _is_taken_for_sure(accepted: Accepted, settings: FoldSettings, table: PartitionTable, ahead: Sequence[Set[bytes]]) -> bool:
    """Unless a rule throws on it. Where it was seen before, or its keys may be those of a line before it, that is not known."""
    taken, store = _TAKEN.get(type(accepted.document)), table.orders
    # What names who was deleted may not be.
    if taken is None or table.deleted:
        return False
    for key in (accepted.own_key, accepted.business_key, accepted.business_key_before):
        if key and (any(key in keys for keys in ahead) or store.find(key)):
            return False
    return taken(accepted, settings, store)


def _order_is_taken(accepted: Accepted, settings: FoldSettings, store: OrderStore) -> bool:
    """Where it is not so large that it might owe too many grants."""
    most = settings.grant_limits.of_one_activity
    pieces = sum([line.quantity for line in accepted.document.lines])
    return accepted.amount <= most * _LEAST_THRESHOLD and pieces <= most


def _refund_is_taken(accepted: Accepted, settings: FoldSettings, store: OrderStore) -> bool:
    """Where its order is known."""
    refund: Refund = accepted.document
    if refund.order_id is None:
        return True
    kept = None if refund.member_id is None else Orders(store, SEED).order(refund.member_id, refund.order_id)
    if kept is None:
        return False
    return kept.record.currency == refund.currency and accepted.received_ms - kept.record.came_ms <= settings.refund_ms


# By shape, of those that only their keys, their time or what they name can keep out: what else is asked.
_TAKEN: Final[dict[type, Callable[[Accepted, FoldSettings, OrderStore], bool]]] = {
    Purchase: _order_is_taken,
    MixedPurchase: _order_is_taken,
    Refund: _refund_is_taken,
}
