"""A document that is valid, with what is worked out of it alone: before anything that is kept is looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from rules.documents.judging import Judging
from rules.documents.kind import Assets, Document
from rules.documents.kinds import KINDS
from rules.documents.lines import Items
from rules.documents.validity import received_ahead, wrong_time
from rules.times import DAY_MS, FIRST_MS, LAST_MS, epoch_ms, finer_us


class Accepted(Struct, gc=False):
    """`time_ms`: when it happened, `received_ms`: when it was first received (epoch ms). Of an order or a refund also the amount of its
    lines (minor units), its items (see `rules.documents.lines`) and the assets that paid for it; of a member's document of a kind that is
    taken once, its content's digest and its keys (see `rules.documents.content`).
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


def accept(document: Document, received_ms: int, judging: Judging, seed: int) -> Accepted:
    """The document, once it is found to be valid. `seed`: of the partition, for its keys. Raises InvalidDocument."""
    kind = KINDS[type(document)]
    # Called by a name of their own: as attributes that are no methods they would take twice as long.
    check, known_by = kind.check, kind.known_by
    items, amount, assets = check(document, judging)
    time: datetime | None = getattr(document, kind.time_field)
    time_ms = received_ms if time is None else epoch_ms(time)
    if not FIRST_MS <= time_ms <= received_ms <= judging.now_ms:
        _check_times(document, kind.time_field, time_ms, received_ms, judging)
    if known_by is None or document.member_id is None:
        return Accepted(document, time_ms, received_ms, amount, items, assets)
    content, own_key, business_key, before = known_by(document, assets, seed)
    return Accepted(document, time_ms, received_ms, amount, items, assets, content, own_key, business_key, before)


def _check_times(document: Document, time_field: str, time_ms: int, received_ms: int, judging: Judging) -> None:
    """Of when it happened, and was received (spec 1.5), to the microsecond. Raises InvalidDocument."""
    finer = finer_us(getattr(document, time_field)), finer_us(document.received_at)
    if not FIRST_MS <= time_ms <= LAST_MS or (time_ms, finer[0]) > (received_ms + DAY_MS, finer[1]):
        raise wrong_time(time_field, time_ms, received_ms)
    if received_ms > judging.now_ms + DAY_MS and (document.received_at is not None or judging.replayed):
        raise received_ahead("received_at" if document.received_at is not None else time_field, received_ms, judging.now_ms)
