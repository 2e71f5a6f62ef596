"""A document that is valid, with what is worked out of it alone: before anything that is kept is looked at."""

from __future__ import annotations

from datetime import datetime

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

    document: Document
    time_ms: int
    received_ms: int
    amount: int = 0
    items: Items = []
    assets: Assets = {}
    content: bytes = b""
    own_key: bytes = b""
    business_key: bytes | None = None


def accept(document: Document, received_ms: int, judging: Judging, seed: int) -> Accepted:
    """The document, once it is found to be valid. `seed`: of the partition, for its keys. Raises InvalidDocument."""
    kind = KINDS[type(document)]
    # Called by a name of their own: as attributes that are no methods they would take twice as long.
    check, keys, content = kind.check, kind.keys, kind.content
    items, amount, assets = check(document, judging)
    time: datetime | None = getattr(document, kind.time_field)
    time_ms = received_ms if time is None else epoch_ms(time)
    if not FIRST_MS <= time_ms <= LAST_MS or (time_ms >= received_ms + DAY_MS and _is_ahead(document, time, time_ms, received_ms)):
        raise wrong_time(kind.time_field, time_ms, received_ms)
    if received_ms > judging.now_ms + DAY_MS and (document.received_at is not None or judging.replayed):
        raise received_ahead("received_at" if document.received_at is not None else kind.time_field, received_ms, judging.now_ms)
    if keys is None or content is None or document.member_id is None:
        return Accepted(document, time_ms, received_ms, amount, items, assets)
    own_key, business_key = keys(document, seed)
    return Accepted(document, time_ms, received_ms, amount, items, assets, content(document, assets), own_key, business_key)


def _is_ahead(document: Document, time: datetime | None, time_ms: int, received_ms: int) -> bool:
    """Whether a time is more than a day after its document was received, to the microsecond."""
    return time_ms > received_ms + DAY_MS or finer_us(time) > finer_us(document.received_at)
