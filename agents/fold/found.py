"""What is known of a document under other ids of its member: taken as if it had been kept here (spec 1.7)."""

from __future__ import annotations

from collections.abc import Mapping

from agents.fold.orders import Conflict, Kept, Orders
from rules.documents.accepted import Accepted
from rules.documents.content import led_key
from rules.order_record import IMPORTED_ORDER, OrderRecord
from streams.moved import Found
from tables.layout import decode_order
from tables.orders.store import OrderStore


def _is_asked(own_key: bytes, business_key: bytes | None) -> bool:
    """What was found elsewhere is known by no key here."""
    return True


class FoundOrders(Orders):
    """A partition's orders, and what was found of the document in hand elsewhere. What is left of an order of another id is kept here once
    something was given back: under a key made of that which it has there.
    """

    def __init__(self, store: OrderStore, seed: int, found: Found, numbers: Mapping[int, int]) -> None:
        """`numbers`: by program, how much higher the numbers of the terms of the id are here under which it was found."""
        super().__init__(store, seed)
        self.may_have = _is_asked
        self._found = found
        self._numbers = numbers

    def seen(self, accepted: Accepted) -> bool:
        if super().seen(accepted):
            return True
        if self._found.twice in ("other_by_id", "other_by_receipt"):
            raise Conflict(accepted.document, by_id=self._found.twice == "other_by_id")
        return self._found.twice == "same"

    def order(self, member_id: str, order_id: str) -> Kept | None:
        return super().order(member_id, order_id) or self._elsewhere()

    def points(self, member_id: str, points_id: str) -> Kept | None:
        return super().points(member_id, points_id) or self._elsewhere()

    def is_taken(self, key: bytes) -> bool:
        return super().is_taken(key) or self._found.twice == "same"

    def sent(self, key: bytes) -> bytes | None:
        return super().sent(key) or self._found.sent or None

    def _elsewhere(self) -> Kept | None:
        found = self._found
        if not found.order:
            return None
        key = led_key(found.key, found.under, self._seed)
        here = self._find(key)
        return Kept(key, decode_order(here) if here else self._with_numbers(decode_order(found.order)))

    def _with_numbers(self, record: OrderRecord) -> OrderRecord:
        """The order, with its terms' numbers as they are here."""
        terms = list(record.terms)
        for at, program in enumerate(record.programs, 1):
            if at < len(terms) and terms[at] != IMPORTED_ORDER:
                terms[at] += self._numbers.get(program, 0)
        record.terms = terms
        return record
