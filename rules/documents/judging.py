"""What a document is judged by beside itself: limits, the definitions, and the real clock (spec 1.1, 1.5, 1.6)."""

from __future__ import annotations

from msgspec import Struct

from rules.currencies import CURRENCIES


class Judging(Struct, frozen=True):
    """`max_lines`: of one document. `currencies`: those that money may be in. `now_ms`: by the real clock (epoch ms)."""

    max_lines: int
    now_ms: int
    currencies: frozenset[str] = CURRENCIES
