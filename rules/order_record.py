"""What is remembered of an order. Kept as bytes; decoded for the turn that touches it.

Programs and activities are named here by their ref, as in rules/state.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

# In `OrderRecord.terms`, of an order that was imported.
IMPORTED_ORDER: Final = -1


class OrderRecord(Struct, gc=False):
    """What an order contributed, and what of it is left (spec 1.2, 1.4).

    `content`: digest of the document's values (spec 1.4). `came_ms`: the partition's clock then. `items`: sku, pieces left, amount
    left in turn; pieces are those of lines with an amount (spec 2.2). `taken_back`: what refunds have taken of the amount; `left_out`:
    what of the amount at first did not count towards levels (spec 3.3). `programs`: by ref of the first version, those whose levels it
    counted for, and the complement of the ref of those by whose rules it did not, and may by others (spec 3.6); `activities`: refs of the
    versions that it counted in. `weighed`: by sku, how many of the pieces left are weighed lines, which are given back with the last of
    their amount. `terms`: where one of the programs judges by when orders are placed: when it was (epoch us), and of each program the
    number of the newest term then (`rules.levels.kept`), or IMPORTED_ORDER; where they are empty, it was placed on the local day on which
    it came. `used`: where figures are kept, by ref of the first version, the activities of which it used a coupon (spec 2.7).
    """

    content: bytes
    came_ms: int
    currency: str
    items: list[str | int]
    programs: list[int]
    activities: Sequence[int]
    left_out: int = 0
    taken_back: int = 0
    weighed: dict[str, int] | None = None
    terms: Sequence[int] = ()
    used: Sequence[int] = ()
