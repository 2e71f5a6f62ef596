"""Twice is once: what makes two documents the same, and what makes their content equal (spec 1.4)."""

from __future__ import annotations

from datetime import UTC
from typing import Literal

import msgspec
from xxhash import xxh3_64_digest, xxh3_128_digest

from rules.documents.shapes import Purchase, Refund

# Of a document's key. Two of 10**9 documents share one by chance in about 10**-11 of all cases.
DIGEST_BYTES = 12
CONTENT_BYTES = 8

# JSON, for keys as well: what a till calls a number may have any number of digits.
_encode = msgspec.json.Encoder().encode


def content_of(document: Purchase | Refund) -> bytes:
    """A digest, of CONTENT_BYTES, of the document's values: all but its own id, received_at and fields that we do not know.

    Times count as instants, however their offset is written.
    """
    received_at = document.received_at
    if received_at is not None:
        document.received_at = None
    if isinstance(document, Purchase):
        own_id, placed_at = document.order_id, document.placed_at
        document.order_id = ""
        if placed_at.tzinfo is not UTC:
            document.placed_at = placed_at.astimezone(UTC)
        digest = xxh3_64_digest(_encode(document))
        document.order_id, document.placed_at = own_id, placed_at
    else:
        own_id, refunded_at = document.refund_id, document.refunded_at
        document.refund_id = ""
        if refunded_at.tzinfo is not UTC:
            document.refunded_at = refunded_at.astimezone(UTC)
        digest = xxh3_64_digest(_encode(document))
        document.refund_id, document.refunded_at = own_id, refunded_at
    document.received_at = received_at
    return digest


def _key(seed: int, *parts: str | int) -> bytes:
    """A digest that nobody can choose who does not know the seed.

    XXH3 is no cryptographic hash, and whoever saw its digests might find the seed. Nobody does: they are in memory and in the changelog
    only. Without them its seed, 64 bits, is as good a secret as it takes to spread chosen ids over an index; BLAKE2 with a key takes
    five times as long.
    """
    return xxh3_128_digest(_encode(parts), seed)[:DIGEST_BYTES]


def order_key(member_id: str, order_id: str, seed: int) -> bytes:
    """The key of a member's order: a digest, of DIGEST_BYTES, under the seed (64 bits) of its partition. Every member has orders of his
    own.
    """
    return _key(seed, "order", member_id, order_id)


def keys_of(document: Purchase | Refund, seed: int) -> tuple[bytes, bytes | None]:
    """The digests that a document is known by: of its own id, and of its business key where it has one (spec 1.4).

    Purchases and refunds have keys of their own, and every member has. `seed`: of the partition, 64 bits.
    """
    member_id = document.member_id
    assert member_id is not None
    kind: Literal["till", "till-refund"]
    if isinstance(document, Purchase):
        own, kind = order_key(member_id, document.order_id, seed), "till"
    else:
        own, kind = _key(seed, "refund", member_id, document.refund_id), "till-refund"
    terminal_id = document.terminal_id
    if terminal_id is None or document.receipt_no is None or document.business_date is None or document.channel != "pos":
        return own, None
    return own, _key(seed, kind, member_id, document.store_id, terminal_id, document.receipt_no, document.business_date)
