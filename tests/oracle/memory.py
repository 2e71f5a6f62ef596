"""Twice is once (spec 1.4): which of a member's documents came before, for refund_days after they came."""

from __future__ import annotations

from typing import Any

from .feeds import receipt_id
from .options import Options
from .times import DAY_US

Document = dict[str, Any]
Key = tuple[str, ...]
# What counts, as values; of a refund also the order that it names.
COUNTS = (
    "type", "member_id", "channel", "store_id", "service_type", "at", "currency", "as_sent", "assets", "coupons", "promotions",
    "member_price", "member_discount", "imported",
)  # fmt: skip


def content(document: Document) -> Document:
    names = (*COUNTS, "order_id") if document["type"] == "refund" else COUNTS
    return {name: document.get(name) for name in names}


def id_key(document: Document) -> Key:
    own_id = "order_id" if document["type"] == "purchase" else "refund_id"
    return (document["type"], document["member_id"], "id", document[own_id])


def business_key(document: Document) -> Key | None:
    parts = [document[name] for name in ("store_id", "terminal_id", "receipt_no", "business_date")]
    if document["channel"] != "pos" or None in parts:
        return None
    return (document["type"], document["member_id"], "key", *parts)


def names_of(document: Document) -> list[Key]:
    """By which a refund may name it: its id, and as what its till numbered, in whatever shape it came (spec 1.3)."""
    till = business_key(document)
    if till is None:
        return [id_key(document)]
    store, terminal, number, date = till[3:]
    parts = {"store": store, "till": terminal, "business_date": date, "number": number}
    return [id_key(document), (*till[:2], "id", receipt_id(parts))]


class Memory:
    """Entries are {came, content, due, record, keys}; `due` is not None while a refund is held, `record` is an order's."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.entries: dict[Key, Document] = {}

    def same(self, document: Document) -> Document | None:
        """What came before under its id or its business key, if anything did."""
        for key in (id_key(document), business_key(document)):
            entry = self.entries.get(key) if key is not None else None
            if entry is not None and document["time"] - entry["came"] <= self.options.refund_days * DAY_US:
                return entry
        return None

    def remember(self, document: Document, due: int | None = None, record: Document | None = None) -> Document:
        keys = [key for key in (*names_of(document), business_key(document)) if key is not None]
        entry = {"came": document["time"], "content": content(document), "due": due, "record": record, "keys": keys}
        self.entries |= dict.fromkeys(keys, entry)
        return entry

    def also(self, document: Document, entry: Document) -> None:
        """What was dropped is known by its own id as well: it means the one that stands."""
        entry["keys"].append(id_key(document))
        self.entries[id_key(document)] = entry

    def forget(self, entry: Document) -> None:
        for key in entry["keys"]:
            if self.entries.get(key) is entry:
                del self.entries[key]
