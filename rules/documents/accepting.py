"""Whether a document is valid, and what is worked out of it alone: before anything that is kept is looked at."""

from __future__ import annotations

from datetime import datetime

from rules.documents.accepted import Accepted
from rules.documents.judging import Judging
from rules.documents.kind import Document
from rules.documents.kinds import KINDS
from rules.documents.validity import received_ahead, wrong_time
from rules.times import DAY_MS, FIRST_MS, LAST_MS, epoch_ms, finer_us


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
