"""The kinds of documents. A new kind is a file beside this one, and a line in `_ALL`."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any, Final, Union

from rules.documents import claim, member, payment, points, purchase_rules, refund, test_send
from rules.documents.kind import NO_ASSETS, Document, Kind
from rules.times import epoch_ms, finer_us, later_us

_ALL: Final = (
    purchase_rules.KIND,
    refund.KIND,
    member.KIND,
    claim.KIND,
    payment.KIND,
    points.KIND,
    test_send.KIND,
)

# By shape.
KINDS: Final[dict[type, Kind]] = {shape: kind for kind in _ALL for shape in (kind.shape, *kind.other_shapes)}
# By type.
BY_TYPE: Final[dict[str, Kind]] = {str(kind.shape.__struct_config__.tag): kind for kind in _ALL}
# As a decoder of the strict form takes it: each kind is told by its tag.
ANY_SHAPE: Final[Any] = Union[tuple(kind.shape for kind in _ALL)]  # noqa: UP007 (made of the table)
_TIME_OF: Final[dict[type, attrgetter[Any]]] = {shape: attrgetter(kind.time_field) for shape, kind in KINDS.items()}


def time_of(document: Document, received_ms: int) -> int:
    """When it happened (epoch ms): when it was received where it does not say."""
    time = _TIME_OF[type(document)](document)
    return received_ms if time is None else epoch_ms(time)


def is_late(document: Document, time_ms: int, received_ms: int, late_ms: int, clock_us: int = 0) -> bool:
    """Whether a document of that time was received more than `late_ms` after it, to the microsecond, and may not be (spec 1.1, 1.5).
    `clock_us`: by how much the clock is later than its milliseconds, where that says when a document was received.
    """
    limit_ms = received_ms - late_ms
    if time_ms > limit_ms:
        return False
    kind = KINDS[type(document)]
    if kind.may_be_late is not None and kind.may_be_late(document):
        return False
    received_us = clock_us if document.received_at is None else finer_us(document.received_at)
    return time_ms < limit_ms or finer_us(_TIME_OF[type(document)](document)) < received_us


def latest_us(document: Document, time_ms: int, received_ms: int) -> int:
    """By how much the later of its two times is later than that time's milliseconds (microseconds); 0 where that is when it was received,
    and it does not say so itself.
    """
    time: datetime | None = _TIME_OF[type(document)](document)
    return later_us(time, time_ms, document.received_at, received_ms)


def needs_member(document: Document) -> bool:
    """Whether a document without a member is none of its kind (spec 1.2)."""
    needs = KINDS[type(document)].needs_member
    return needs is not None and needs(document)


def moves_clock(document: Document) -> bool:
    """Whether a replay's clock goes on to it whatever comes of it (spec 1.5)."""
    return KINDS[type(document)].moves_clock


def keys_of(document: Document, seed: int) -> tuple[bytes, bytes | None] | None:
    """The digests of a member's document's own id, and of its business key (spec 1.4); None of a kind that has none. `seed`: of the
    partition, 64 bits.
    """
    kind = KINDS[type(document)]
    if kind.keys is not None:
        return kind.keys(document, seed)
    known_by = kind.known_by
    return None if known_by is None else known_by(document, NO_ASSETS, seed)[1:3]


def id_field(document: Document) -> str:
    """Which field is the id of a document that has keys."""
    return KINDS[type(document)].id_field


def content_before(document: Document) -> bytes | None:
    """The digest of its content as the release before made it: of what came then, that is what is kept."""
    content = KINDS[type(document)].content_before
    return None if content is None else content(document)
