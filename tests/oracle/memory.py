"""Twice is once (spec 1.4): which of a member's documents came before, for refund_days after they came."""

from __future__ import annotations

from typing import Any

from .options import Options
from .times import DAY_MS

Document = dict[str, Any]
NOT_CONTENT = {"order_id": "purchase", "refund_id": "refund"}
ADDED_HERE = ("received", "time", "at_text")


def content(document: Document) -> Document:
    """All fields that the spec knows, as values, but the document's own id and received_at."""
    return {name: value for name, value in document.items() if name not in ADDED_HERE and NOT_CONTENT.get(name) != document["type"]}


def id_key(document: Document) -> tuple[str, ...]:
    own_id = "order_id" if document["type"] == "purchase" else "refund_id"
    return (document["type"], document["member_id"], "id", document[own_id])


def business_key(document: Document) -> tuple[str, ...] | None:
    parts = [document[name] for name in ("store_id", "terminal_id", "receipt_no", "business_date")]
    if document["channel"] != "pos" or None in parts:
        return None
    return (document["type"], document["member_id"], "key", *parts)


class Memory:
    """Entries are {came, content, document, due}; `due` is not None while a refund is held."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.entries: dict[tuple[str, ...], Document] = {}

    def verdict(self, document: Document) -> str:
        """`new`, `drop` (equal content came before) or `conflict`."""
        for key in (id_key(document), business_key(document)):
            entry = self.known(key, document["time"])
            if entry is not None:
                return "drop" if entry["content"] == content(document) else "conflict"
        return "new"

    def known(self, key: tuple[str, ...] | None, now_ms: int) -> Document | None:
        entry = self.entries.get(key) if key is not None else None
        if entry is None or now_ms - entry["came"] > self.options.refund_days * DAY_MS:
            return None
        if entry["due"] is not None and entry["due"] < now_ms:
            return None  # a held refund whose order did not come: as good as dead-lettered
        return entry

    def remember(self, document: Document, due: int | None) -> Document:
        entry = {"came": document["time"], "content": content(document), "document": document, "due": due}
        for key in (id_key(document), business_key(document)):
            if key is not None:
                self.entries[key] = entry
        return entry

    def forget(self, entry: Document) -> None:
        for key in (id_key(entry["document"]), business_key(entry["document"])):
            if key is not None and self.entries.get(key) is entry:
                del self.entries[key]
