"""Orders and other documents seen, looked up and kept by their keys (spec 1.4)."""

from __future__ import annotations

from rules.content import Keys, key_hash, order_key
from rules.documents import Purchase, Refund
from rules.state import OrderRecord, Seen
from tables.layout import decode_order, decode_seen, encode_order, encode_seen
from tables.order_store import OrderStore

_FORGOTTEN = -1


class Conflict(Exception):
    """A document of which another with the same id or business key, but other content, came first."""


class Orders:
    """One partition's order store, by the documents' own keys. Records are verified: a hash alone proves nothing."""

    def __init__(self, store: OrderStore) -> None:
        self._store = store

    def seen(self, document: Purchase | Refund, keys: Keys, content: int) -> bool:
        """Whether the same document came before, under its id or its business key. Raises Conflict where the content is other."""
        first = None
        if found := self._store.find(keys.own_hash):
            first = _order_content(found, keys.own) if isinstance(document, Purchase) else _seen_content(found, keys.own)
        if first is None:
            if keys.business is None or not (found := self._store.find(keys.business_hash)):
                return False
            first = _seen_content(found, keys.business)
            if first is None:
                return False
        if first != content:
            raise Conflict("a document with the same id or business key, but other content, came before; that one stands")
        return True

    def order(self, member_id: str, order_id: str) -> OrderRecord | None:
        """A member's order as it now stands; None where it has not come, or came too long ago to be kept."""
        for data in self._store.find(key_hash(order_key(member_id, order_id))):
            record = decode_order(data)
            if record.member_id == member_id and record.order_id == order_id:
                return record
        return None

    def keep(self, keys: Keys, record: OrderRecord) -> None:
        """Remembers an order that was applied."""
        self._store.stage(keys.own_hash, encode_order(record))
        if keys.business is not None:
            self._store.stage(keys.business_hash, encode_seen(Seen(keys.business, record.content)))

    def amend(self, record: OrderRecord) -> None:
        """Remembers what is left of an order."""
        self._store.stage(key_hash(order_key(record.member_id, record.order_id)), encode_order(record))

    def keep_refund(self, keys: Keys, content: int) -> None:
        """Remembers that a refund was taken."""
        self._store.stage(keys.own_hash, encode_seen(Seen(keys.own, content)))
        if keys.business is not None:
            self._store.stage(keys.business_hash, encode_seen(Seen(keys.business, content)))

    def forget_refund(self, keys: Keys) -> None:
        """As if the refund had never come: it went to the dead letters, and may be sent again once mended."""
        self.keep_refund(keys, _FORGOTTEN)


def _order_content(found: tuple[bytes, ...], key: str) -> int | None:
    for data in found:
        record = decode_order(data)
        if order_key(record.member_id, record.order_id) == key:
            return record.content
    return None


def _seen_content(found: tuple[bytes, ...], key: str) -> int | None:
    for data in found:
        seen = decode_seen(data)
        if seen.key == key:
            return None if seen.content == _FORGOTTEN else seen.content
    return None
