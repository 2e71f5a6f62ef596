"""What is known of one kind of document: all that the flow asks of it before what it does (spec 1.1 to 1.7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from rules.documents.lines import Items


class Document(Protocol):
    """What every document has, of whatever kind."""

    @property
    def member_id(self) -> str | None:
        """Whose it is; None: nobody's who is known."""

    @property
    def received_at(self) -> datetime | None:
        """When it was first received, where it says so itself."""


# The digests that a document is known by: of its own id, and of its business key where it has one (spec 1.4).
Keys = tuple[bytes, bytes | None]


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of document, told by its `type`.

    `shape`: its Struct, tagged with the type. `time_field`: which field says when it happened; where that is left out, it happened when
    it was received. `check(document, max_lines)`: the lines by sku and their sum, once all that must hold of the fields together does;
    raises InvalidDocument. `may_be_late`: whether it is taken however long after it happened it came (spec 1.1, 1.5). `keys(document,
    seed)` and `content(document)`: of a member's, the digests that it is known by, and one of all that counts in it (spec 1.4); no keys
    where it may come as often as it likes.
    """

    shape: type[Struct]
    time_field: str
    check: Callable[[Any, int], tuple[Items, int]]
    may_be_late: Callable[[Any], bool]
    keys: Callable[[Any, int], Keys] | None = None
    content: Callable[[Any], bytes] | None = None
