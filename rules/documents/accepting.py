"""Whether a document is valid, and what is worked out of it alone: before anything that is kept is looked at."""

from __future__ import annotations

from datetime import datetime

from rules.documents.accepted import Accepted
from rules.documents.judging import Judging
from rules.documents.kind import Document
from rules.documents.kinds import KINDS
from rules.documents.validity import check_times
from rules.times import FIRST_MS, epoch_ms


def accept(document: Document, received_ms: int, judging: Judging, seed: int) -> Accepted:
    """The document, once it is found to be valid. `seed`: of the partition, for its keys. Raises InvalidDocument."""
    kind = KINDS[type(document)]
    if kind.accept is not None:
        return kind.accept(document, received_ms, judging, seed)
    assert kind.check is not None, kind
    items, amount, assets = kind.check(document, judging)
    time: datetime | None = getattr(document, kind.time_field)
    time_ms = received_ms if time is None else epoch_ms(time)
    if not FIRST_MS <= time_ms <= received_ms <= judging.now_ms:
        check_times(document, kind.time_field, time_ms, received_ms, judging)
    if kind.known_by is None or document.member_id is None:
        return Accepted(document, time_ms, received_ms, amount, items, assets)
    content, own_key, business_key, before = kind.known_by(document, assets, seed)
    return Accepted(document, time_ms, received_ms, amount, items, assets, content, own_key, business_key, before)
