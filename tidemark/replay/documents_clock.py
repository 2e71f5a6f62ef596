"""The clock of a replay: the documents' own, the latest time read so far from accepted ones (spec 1.5, 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from agents.fold.settings import FoldSettings
from rules.documents.content import order_key
from rules.documents.kind import Document
from rules.documents.kinds import keys_of, may_be_late, time_of, validate
from rules.documents.lines import Items
from rules.documents.purchase import Purchase
from rules.documents.refund import Refund
from rules.documents.validity import InvalidDocument
from rules.rulebook.rulebook import Rulebook
from rules.spending.purchase import contributions
from rules.times import epoch_ms
from streams.decode import Malformed, decode
from streams.topics import POS_ORDERS


class Stamp(NamedTuple):
    """What a replayed document is stamped with: when it was received, the clock then (epoch ms), and its member."""

    received_ms: int
    clock_ms: int
    member_id: str | None


class DocumentsClock:
    """Reads documents in their order, and judges as the workers will which of them count for the clock."""

    def __init__(self, rulebook: Rulebook, settings: FoldSettings) -> None:
        self.now_ms = -1
        self._rulebook = rulebook
        self._settings = settings
        self._programs = tuple(sorted(rulebook.programs))
        # A dict spreads keys by a secret of its own.
        self._seed = 0
        # What was accepted, by its keys: the clock then.
        self._accepted: dict[bytes, int] = {}

    def read(self, raw: bytes) -> Stamp:
        """The stamp of the next document; the clock moves on where it is one that is accepted."""
        try:
            document = decode(POS_ORDERS, raw, self._settings.limits)
            received_ms = self._received(document)
            time_ms, items, amount = validate(document, received_ms, self._settings.limits.document_lines)
        except (Malformed, InvalidDocument):
            return Stamp(max(self.now_ms, 0), max(self.now_ms, 0), None)
        if self._accepts(document, time_ms, received_ms, items, amount):
            self.now_ms = max(self.now_ms, time_ms, received_ms)
        return Stamp(received_ms, max(self.now_ms, 0), document.member_id)

    def _received(self, document: Document) -> int:
        if document.received_at is not None:
            return epoch_ms(document.received_at)
        return max(self.now_ms, time_of(document, self.now_ms))

    def _accepts(self, document: Document, time_ms: int, received_ms: int, items: Items, amount: int) -> bool:
        """Whether the document is neither late, nor a second one, nor refused for what it asks."""
        if time_ms < received_ms - self._settings.late_ms and not may_be_late(document):
            return False
        member_id = document.member_id
        if member_id is None:
            return True
        found = keys_of(document, self._seed)
        if found is None:
            return True
        own, business = found
        keys = [own] if business is None else [own, business]
        if any(key in self._accepted for key in keys):
            return False
        if isinstance(document, Purchase):
            if not document.imported and self._asks_too_much(document, time_ms, items, amount):
                return False
        elif isinstance(document, Refund) and document.order_id is not None:
            came_ms = self._accepted.get(order_key(member_id, document.order_id, self._seed))
            if came_ms is not None and received_ms - came_ms > self._settings.refund_ms:
                return False
        for key in keys:
            self._accepted[key] = max(self.now_ms, time_ms, received_ms)
        return True

    def _asks_too_much(self, order: Purchase, placed_ms: int, items: Items, amount: int) -> bool:
        """Whether the order alone, without what its member had, owes more grants than may be (spec 1.6)."""
        candidates = self._rulebook.candidates(
            placed_ms, order.store_id, order.channel, order.service_type, order.currency, self._programs
        )
        most = candidates.least_every * self._settings.max_grants
        if not amount or (amount < most and sum(line.quantity for line in order.lines) < most):
            return False
        return any(
            activity.every and added // activity.threshold > self._settings.max_grants and activity.may_share(order)
            for added, activities in contributions(candidates, items, amount)
            for activity in activities
        )


def midnight_after(time_ms: int, timezone: str) -> int:
    """The midnight that ends the local day of a time, epoch ms."""
    local = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(ZoneInfo(timezone))
    tomorrow = local.date() + timedelta(days=1)
    return epoch_ms(datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=ZoneInfo(timezone)))
