"""A document that is valid, with what is worked out of it alone: before anything that is kept is looked at."""

from __future__ import annotations

from msgspec import Struct

from rules.documents.shapes import MemberDocument, Purchase, Refund


class Accepted(Struct, gc=False):
    """`time_ms`: when it happened, `received_ms`: when it was first received (epoch ms). Of an order or a refund of a member also
    the amount of its lines (minor units), its items (see `rules.documents.items`), its content's digest and its keys (see
    `rules.documents.content`).
    """

    document: Purchase | Refund | MemberDocument
    time_ms: int
    received_ms: int
    amount: int = 0
    items: list[str | int] = []
    content: bytes = b""
    own_key: bytes = b""
    business_key: bytes | None = None
