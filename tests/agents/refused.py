"""One bad document between two good ones, through the fold."""

from __future__ import annotations

import json
from typing import Any

from rules.times import DAY_MS
from streams.topics import POS_ORDERS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend

Document = dict[str, Any]

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
RULES = [program(), spend()]
GOOD = order("a", at(1), ("x", 1, 60))


def refused(raw: Document | bytes | None, *, topic: str = POS_ORDERS, **settings: Any) -> tuple[str, str]:
    """Reason and detail of the one dead letter; a good order before it and one after it count."""
    folding = Folding(RULES, **settings)
    folding.take(order("before", at(1), ("x", 1, 30)), now_ms=NOON_MS)
    folding.take(raw, topic=topic, now_ms=NOON_MS)
    folding.take(order("after", at(1), ("x", 1, 70)), now_ms=NOON_MS)
    folding.turn()
    folding.sweep(NOON_MS + 36 * DAY_MS)
    (letter,) = folding.values("dead-letters")
    ((_, bytes_),) = folding.dead_letters()
    assert bytes_ == (json.dumps(raw).encode() if isinstance(raw, dict) else raw or b"")
    assert letter["source"] == f"{topic}/0/1"
    assert letter["received_at"] == "2024-01-01T12:00:00+00:00"
    assert [grant["ordinal"] for grant in folding.grants()] == [1]
    assert folding.progress() == {("spend", "ann"): 100}
    return letter["reason"], letter["detail"]
