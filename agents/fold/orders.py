"""Orders and other documents seen, looked up and kept by their keys (spec 1.4)."""

from __future__ import annotations

from collections.abc import Callable, Sized
from typing import Final, NamedTuple

from rules.documents.accepted import Accepted
from rules.documents.content import CONTENT_BYTES, amended_key, order_key, points_key, receipt_key
from rules.documents.kind import Document
from rules.documents.kinds import content_before, id_field
from rules.order_record import OrderRecord
from rules.refused import Refused
from streams.feeds.receipt_ids import parts_of
from tables.layout import CAME_UNTIL, decode_order, encode_order
from tables.orders.chunk import ORIGIN_BYTES
from tables.orders.store import OrderStore

_FORGOTTEN: Final = b""
# Where an order's record says when it came, what was dropped as the second says so: no order came then. The business key follows by which
# it was known.
_DROPPED: Final = b"\x7f" + b"\xff" * (CAME_UNTIL - CONTENT_BYTES - 1)

# The number that a till gave, of the fields that make up a business key (spec 1.4).
_BUSINESS_KEY_FIELD: Final = "receipt_no"


class Conflict(Refused):
    """A document of which another with the same id or business key, but other content, came first."""

    def __init__(self, document: Document, *, by_id: bool) -> None:
        self.by_id = by_id
        field = id_field(document) if by_id else _BUSINESS_KEY_FIELD
        known_by = "id" if by_id else "business key"
        super().__init__(
            "conflict", f"a document with the same {known_by}, but other content, came before; that one stands", f"/{field}"
        )


class Kept(NamedTuple):
    """An order as it now stands. `key`: under which what is left of it is kept, by whatever id it was asked for."""

    key: bytes
    record: OrderRecord


class Orders:
    """One partition's order store, by the documents' own keys. A record begins with the digest of its document's content.

    What was dropped as the second is known by its own id too: as a record that leads to the first by the business key of both. Of the first
    its own key is not known then, but what any of its rows has: so what is left of an order, once some was given back, is kept under a key
    made of that.
    """

    def __init__(self, store: OrderStore, seed: int) -> None:
        """`seed`: under which its keys are digests."""
        self._seed = seed
        self._find = self.find = store.find
        # Whether something may be known by a document's own key or its business key: asked before `seen`, as nothing is by most.
        self.may_have: Callable[[bytes, bytes | None], bool] = store.may_have
        self._origin = store.origin
        # Remembers that a document was taken, by its own key and its business key: of an order its record, of any other its content.
        self.keep = store.stage
        # What the turn in hand has kept, amended and forgotten; rolled back to how many there were, it is as if the others had not been.
        self.entries: Sized = store.entries
        self.roll_back = store.roll_back

    def seen(self, accepted: Accepted) -> bool:
        """Whether the same document came before, under its id or its business key. Raises Conflict where the content is other."""
        find = self._find
        first = find(accepted.own_key)
        if first and _leads_on(first):
            first = self._meant(first)
        business: bytes | None = None
        if not first and accepted.business_key is not None:
            business, first = accepted.business_key, find(accepted.business_key)
            if not first and accepted.business_key_before is not None:
                business, first = accepted.business_key_before, find(accepted.business_key_before)
        if not first:
            return False
        content = first[:CONTENT_BYTES]
        if content != accepted.content and content != content_before(accepted.document):
            raise Conflict(accepted.document, by_id=business is None)
        if business is not None:
            self.keep(accepted.own_key, None, content + _DROPPED + business)
        return True

    def _meant(self, dropped: bytes) -> bytes | None:
        """The first, of which this was dropped as the second; None where it is kept no more, or was forgotten."""
        first = self._find(dropped[CAME_UNTIL:])
        return first if first and first[:CONTENT_BYTES] == dropped[:CONTENT_BYTES] else None

    def order(self, member_id: str, order_id: str) -> Kept | None:
        """A member's order as it now stands; None where it has not come, or came too long ago to be kept."""
        found = self._first(member_id, order_id)
        return None if found is None else self._as_it_stands(*found)

    def at_first(self, member_id: str, order_id: str) -> OrderRecord | None:
        """The same as it was when it had come, before anything of it was given back."""
        found = self._first(member_id, order_id)
        return None if found is None else decode_order(found[1])

    def was_dropped(self, member_id: str, order_id: str) -> bool:
        """Whether it was dropped as the second of another, which has the same business key."""
        found = self._find(order_key(member_id, order_id, self._seed))
        return found is not None and _leads_on(found)

    def _first(self, member_id: str, order_id: str) -> tuple[bytes, bytes] | None:
        """The beginning of the key of an order, by whatever id it is asked for, and its record as it was at first."""
        own = order_key(member_id, order_id, self._seed)
        first = self._find(own)
        if first is None:
            return self._receipt(member_id, order_id)
        origin = own[:ORIGIN_BYTES]
        if _leads_on(first):
            meant, found = self._meant(first), self._origin(first[CAME_UNTIL:])
            if meant is None or found is None:
                return None
            first, origin = meant, found
        return origin, first

    def points(self, member_id: str, points_id: str) -> Kept | None:
        """A member's points as they now stand; None where they have not come, or came too long ago to be kept, or are below 0."""
        own = points_key(member_id, points_id, self._seed)
        first = self._find(own)
        if first is None or len(first) <= CONTENT_BYTES:
            return None
        return self._as_it_stands(own[:ORIGIN_BYTES], first)

    def _receipt(self, member_id: str, order_id: str) -> tuple[bytes, bytes] | None:
        """The same of the order that has another id, of the receipt that this id is made of (spec 1.3): a till numbered it."""
        parts = parts_of(order_id)
        if parts is None:
            return None
        store_id, terminal_id, business_date, receipt_no = parts
        business = receipt_key(member_id, store_id, terminal_id, receipt_no, business_date, self._seed)
        first = self._find(business)
        origin = self._origin(business) if first else None
        return (origin, first) if first and origin is not None else None

    def _as_it_stands(self, origin: bytes, first: bytes) -> Kept:
        """`origin`: the beginning of the key of an order; `first`: its record as it was at first."""
        key = amended_key(origin, first[:CAME_UNTIL], self._seed)
        return Kept(key, decode_order(self._find(key) or first))

    def amend(self, key: bytes, record: OrderRecord) -> None:
        """Remembers what is left of an order. Under its own key and its business key, what it was at first is enough."""
        self.keep(key, None, encode_order(record))

    def is_taken(self, key: bytes) -> bool:
        """Whether what has this key was taken before."""
        return bool(self._find(key))

    def sent(self, key: bytes) -> bytes | None:
        """What is kept of the test send that has this key (rules/bulk/testing.py); None where there was none."""
        return self._find(key)

    def forget_seen(self, own: bytes, business: bytes | None) -> None:
        """As if it had never come: it went to the dead letters, and may be sent again once mended."""
        self.keep(own, business, _FORGOTTEN)


def _leads_on(record: bytes) -> bool:
    """Whether a record is of what was dropped as the second."""
    return record[CONTENT_BYTES:CAME_UNTIL] == _DROPPED
