"""Twice is once: what makes two documents the same, and what makes their content equal (spec 1.4)."""

from __future__ import annotations

from datetime import UTC
from typing import NamedTuple

import msgspec
from xxhash import xxh3_64_intdigest

from rules.documents import Purchase, Refund

_encode = msgspec.json.encode


def content_of(document: Purchase | Refund) -> int:
    """A 64-bit digest of the document's values: all but its own id, received_at and fields that we do not know.

    Times count as instants, however their offset is written.
    """
    received_at = document.received_at
    document.received_at = None
    if isinstance(document, Purchase):
        own_id, placed_at = document.order_id, document.placed_at
        document.order_id = ""
        if placed_at.tzinfo is not UTC:
            document.placed_at = placed_at.astimezone(UTC)
        digest = xxh3_64_intdigest(_encode(document))
        document.order_id, document.placed_at = own_id, placed_at
    else:
        own_id, refunded_at = document.refund_id, document.refunded_at
        document.refund_id = ""
        if refunded_at.tzinfo is not UTC:
            document.refunded_at = refunded_at.astimezone(UTC)
        digest = xxh3_64_intdigest(_encode(document))
        document.refund_id, document.refunded_at = own_id, refunded_at
    document.received_at = received_at
    return digest


def order_key(member_id: str, order_id: str) -> str:
    """The key of a member's order. The length keeps apart ids that hold anything at all."""
    return f"o{len(member_id)}\0{member_id}\0{order_id}"


def key_hash(key: str) -> int:
    """The 64-bit hash under which a key is kept."""
    return xxh3_64_intdigest(key.encode())


class Keys(NamedTuple):
    """The keys that a document is known by, and their hashes: its own, and its business key where it has one."""

    own: str
    own_hash: int
    business: str | None
    business_hash: int


def keys_of(document: Purchase | Refund) -> Keys:
    """A document's keys; purchases and refunds have keys of their own, and every member has (spec 1.4)."""
    member_id = document.member_id
    assert member_id is not None
    if isinstance(document, Purchase):
        own, kind = order_key(member_id, document.order_id), "p"
    else:
        own, kind = f"r{len(member_id)}\0{member_id}\0{document.refund_id}", "q"
    own_hash = xxh3_64_intdigest(own.encode())
    terminal_id = document.terminal_id
    if terminal_id is None or document.receipt_no is None or document.business_date is None or document.channel != "pos":
        return Keys(own, own_hash, None, 0)
    business = f"{kind}\0{member_id!r}\0{document.store_id!r}\0{terminal_id!r}\0{document.receipt_no!r}\0{document.business_date!r}"
    return Keys(own, own_hash, business, xxh3_64_intdigest(business.encode()))
