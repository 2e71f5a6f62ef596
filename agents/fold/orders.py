"""Orders and other documents seen, looked up and kept by their keys (spec 1.4)."""

from __future__ import annotations

from rules.documents.accepted import Accepted
from rules.documents.content import CONTENT_BYTES, order_key
from rules.documents.kind import Document
from rules.documents.kinds import business_key_before, content_before
from rules.refused import Refused
from rules.state import OrderRecord
from tables.layout import decode_order, encode_order
from tables.orders.store import OrderStore

_FORGOTTEN = b""


class Conflict(Refused):
    """A document of which another with the same id or business key, but other content, came first."""

    def __init__(self) -> None:
        super().__init__("conflict", "a document with the same id or business key, but other content, came before; that one stands")


class Orders:
    """One partition's order store, by the documents' own keys. A record begins with the digest of its document's content."""

    def __init__(self, store: OrderStore, seed: int) -> None:
        """`seed`: under which its keys are digests."""
        self._seed = seed
        self._store = store
        self._find = store.find
        self._stage = store.stage

    def seen(self, accepted: Accepted) -> bool:
        """Whether the same document came before, under its id or its business key. Raises Conflict where the content is other."""
        first = self._find(accepted.own_key)
        if not first and accepted.business_key is not None:
            first = self._find(accepted.business_key) or self._find_as_before(accepted.document)
        if not first:
            return False
        content = first[:CONTENT_BYTES]
        if content != accepted.content and content != content_before(accepted.document):
            raise Conflict
        return True

    def _find_as_before(self, document: Document) -> bytes | None:
        """By the business key that the release before had for it, where that was another."""
        key = business_key_before(document, self._seed)
        return None if key is None else self._find(key)

    def order(self, member_id: str, order_id: str) -> OrderRecord | None:
        """A member's order as it now stands; None where it has not come, or came too long ago to be kept."""
        found = self._find(order_key(member_id, order_id, self._seed))
        return None if found is None else decode_order(found)

    def keep(self, own: bytes, business: bytes | None, record: OrderRecord) -> None:
        """Remembers an order that was applied."""
        self._stage(own, business, encode_order(record))

    def amend(self, member_id: str, order_id: str, record: OrderRecord) -> None:
        """Remembers what is left of an order. Under its business key, what it was at first is enough."""
        self._stage(order_key(member_id, order_id, self._seed), None, encode_order(record))

    def keep_refund(self, own: bytes, business: bytes | None, content: bytes) -> None:
        """Remembers that a refund was taken."""
        self._stage(own, business, content)

    def forget_refund(self, own: bytes, business: bytes | None) -> None:
        """As if the refund had never come: it went to the dead letters, and may be sent again once mended."""
        self._stage(own, business, _FORGOTTEN)

    def mark(self) -> int:
        """Where the turn in hand is now, to be rolled back to."""
        return self._store.mark()

    def roll_back(self, mark: int) -> None:
        """As if what was kept, amended and forgotten since then had not been."""
        self._store.roll_back(mark)
