"""A document that is valid, with what is worked out of it alone."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from rules.documents.kind import Assets
from rules.documents.lines import Items


class Accepted(Struct, gc=False):
    """`time_ms`: when it happened, `received_ms`: when it was first received (epoch ms). Of an order or a refund also the amount of its
    lines (minor units), its items (see `rules.documents.lines`) and the assets that paid for it; of a member's document of a kind that is
    taken once, its content's digest and its keys (see `rules.documents.content`). `finer_us`: by how much the clock by which it is applied
    is later than its milliseconds: a broker's by nothing.
    """

    # Document: whoever takes one of a kind knows its shape.
    document: Any
    time_ms: int
    received_ms: int
    amount: int = 0
    items: Items = []
    assets: Assets = {}
    content: bytes = b""
    own_key: bytes = b""
    business_key: bytes | None = None
    # As the release before made it, where that was another.
    business_key_before: bytes | None = None
    finer_us: int = 0
