"""Twice is once: what makes two documents the same, and what makes their content equal (spec 1.4)."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final, Protocol

import msgspec
from xxhash import xxh3_64_digest, xxh3_128_digest

from rules.documents.dates import DIGITS_OF_A_DATE, dashed

# Of a document's key. Two of 10**9 documents share one by chance in about 10**-11 of all cases.
DIGEST_BYTES: Final = 12
CONTENT_BYTES: Final = 8

# Whose the business keys of purchases are; refunds have keys of their own.
PURCHASES: Final = "till"

# With what a name begins that is no member's id.
NO_ID: Final = "\0"

# JSON, for keys as well: what a till calls a number may have any number of digits.
encode_values: Final = msgspec.json.Encoder().encode


class _OfATill(Protocol):
    """A document that a till may have numbered."""

    @property
    def member_id(self) -> str | None: ...
    @property
    def store_id(self) -> str: ...
    @property
    def terminal_id(self) -> str | int | None: ...
    @property
    def receipt_no(self) -> str | int | None: ...
    @property
    def business_date(self) -> str | int | None: ...


def content_digest(values: object) -> bytes:
    """A digest, of CONTENT_BYTES, of those of a document's values that count."""
    return xxh3_64_digest(encode_values(values))


def content_digest_before(document: Any, own_id: str, time: str) -> bytes:
    """As the release before made it: of all but the document's own id and received_at. `own_id`, `time`: the fields' names."""
    at = getattr(document, time).astimezone(UTC)
    return content_digest(msgspec.structs.replace(document, **{own_id: "", time: at, "received_at": None}))


def _key(parts: tuple[str | int, ...], seed: int) -> bytes:
    """A digest that nobody can choose who does not know the seed.

    XXH3 is no cryptographic hash, and whoever saw its digests might find the seed. Nobody does: they are in memory and in the changelog
    only. Without them its seed, 64 bits, is as good a secret as it takes to spread chosen ids over an index; BLAKE2 with a key takes
    five times as long.
    """
    return xxh3_128_digest(encode_values(parts), seed)[:DIGEST_BYTES]


def order_key(member_id: str, order_id: str, seed: int) -> bytes:
    """The key of a member's order: a digest, of DIGEST_BYTES, under the seed (64 bits) of its partition. Every member has orders of his
    own.
    """
    # As `_key`, without a call: every order has one.
    return xxh3_128_digest(encode_values(("order", member_id, order_id)), seed)[:DIGEST_BYTES]


def refund_key(member_id: str, refund_id: str, seed: int) -> bytes:
    """The key of a member's refund, likewise: no order has it."""
    return _key(("refund", member_id, refund_id), seed)


def payment_key(member_id: str, payment_id: str, seed: int) -> bytes:
    """The key of a member's payment for a level, likewise."""
    return _key(("payment", member_id, payment_id), seed)


def points_key(member_id: str, points_id: str, seed: int) -> bytes:
    """The key of a member's points, likewise."""
    return _key(("points", member_id, points_id), seed)


def test_key(member_id: str, test_id: str, seed: int) -> bytes:
    """The key of a test send to a member, likewise."""
    return _key(("test", member_id, test_id), seed)


def sent_key(member_id: str, activity: str, test_id: str, seed: int) -> bytes:
    """The key of what a test send granted, as a claim names it: of which activity it was is part of that."""
    return _key(("sent", member_id, activity, test_id), seed)


def amended_key(origin: bytes, first: bytes, seed: int) -> bytes:
    """The key of what is left of an order. `origin`: the beginning of its own key; `first`: of its record, what says its content and when
    it came.
    """
    return xxh3_128_digest(b"amended" + origin + first, seed)[:DIGEST_BYTES]


def led_key(key: bytes, member_id: str, seed: int) -> bytes:
    """The key of what is left of an order of another id of its member. `key`: under which it is kept there."""
    return xxh3_128_digest(b"led" + key + member_id.encode(), seed)[:DIGEST_BYTES]


def deleted_name(member_id: str, seed: int) -> str:
    """What is left of the id of a member who was deleted. No id is such a name, but by the same chance by which keys are alike."""
    return NO_ID + xxh3_128_digest(b"deleted" + member_id.encode(), seed)[:DIGEST_BYTES].hex()


def business_keys(name: str, document: _OfATill, seed: int) -> tuple[bytes | None, bytes | None]:
    """The key of what a till numbered, by store, till, receipt and date; None where one of these is not given (spec 1.1, 1.4). And the one
    that the release before made of it, to which a number was not its digits, nor these a date; None where that is the same.

    `name`: of the kind's own keys, as purchases and refunds do not share theirs. A number is its digits, and
    the digits of a date are that date.
    """
    terminal_id, receipt_no, date = document.terminal_id, document.receipt_no, document.business_date
    if type(terminal_id) is str and type(receipt_no) is str and type(date) is str and len(date) != DIGITS_OF_A_DATE:
        # As nearly all tills send them.
        parts = (name, document.member_id, document.store_id, terminal_id, receipt_no, date)
        return xxh3_128_digest(encode_values(parts), seed)[:DIGEST_BYTES], None
    if terminal_id is None or receipt_no is None or date is None:
        return None, None
    member_id, digits = document.member_id, str(date)
    assert member_id is not None
    if len(digits) == DIGITS_OF_A_DATE:
        digits = dashed(digits)
    key = _key((name, member_id, document.store_id, str(terminal_id), str(receipt_no), digits), seed)
    before = _key((name, member_id, document.store_id, terminal_id, receipt_no, date), seed)
    return key, None if before == key else before


def receipt_key(member_id: str, store_id: str, terminal_id: str, receipt_no: str, business_date: str, seed: int) -> bytes:
    """The business key of a purchase that a till numbered so."""
    return _key((PURCHASES, member_id, store_id, terminal_id, receipt_no, business_date), seed)
