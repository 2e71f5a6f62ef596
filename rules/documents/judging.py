"""What a document is judged by beside itself: limits, the definitions, and the real clock (spec 1.1, 1.5, 1.6)."""

from __future__ import annotations

from msgspec import Struct

from rules.currencies import CURRENCIES


class Judging(Struct, frozen=True):
    """`max_lines`: of one document. `now_ms`: by the real clock (epoch ms). `currencies`: those that money may be in. `replayed`: whether
    documents say themselves when they were received, those too that do not name it (spec 1.5).
    """

    max_lines: int
    now_ms: int
    currencies: frozenset[str] = CURRENCIES
    replayed: bool = False
