"""A document that is valid, with what is worked out of it alone: before anything that is kept is looked at."""

from __future__ import annotations

from msgspec import Struct

from rules.documents.judging import Judging
from rules.documents.kind import Document
from rules.documents.kinds import KINDS, validate
from rules.documents.lines import Items


class Accepted(Struct, gc=False):
    """`time_ms`: when it happened, `received_ms`: when it was first received (epoch ms). Of an order or a refund also the amount of its
    lines (minor units) and its items (see `rules.documents.lines`); of a member's document of a kind that is taken once, its content's
    digest and its keys (see `rules.documents.content`).
    """

    document: Document
    time_ms: int
    received_ms: int
    amount: int = 0
    items: Items = []
    content: bytes = b""
    own_key: bytes = b""
    business_key: bytes | None = None


def accept(document: Document, received_ms: int, judging: Judging, seed: int) -> Accepted:
    """The document, once it is found to be valid. `seed`: of the partition, for its keys. Raises InvalidDocument."""
    time_ms, items, amount = validate(document, received_ms, judging)
    kind = KINDS[type(document)]
    if kind.keys is None or kind.content is None or document.member_id is None:
        return Accepted(document, time_ms, received_ms, amount, items)
    own_key, business_key = kind.keys(document, seed)
    return Accepted(document, time_ms, received_ms, amount, items, kind.content(document), own_key, business_key)
