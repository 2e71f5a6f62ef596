"""A return in a till's own shape finds its order by what the till numbered, in whatever shape that came (spec 1.3)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.times import DAY_MS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend
from tests.streams.feeds.shapes import receipt

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
RULES = [program(), spend()]


@pytest.mark.parametrize("first", ["the order", "the return"])
@pytest.mark.parametrize("business_date", ["2024-01-01", 20240101])
def test_a_return_finds_an_order_that_came_in_the_canonical_shape_by_what_its_till_numbered(first: str, business_date: Any) -> None:
    bought = order(
        "o-1", at(1), ("x", 2, 100), ("y", 1, 50), store_id="s-1", terminal_id="till-2", receipt_no=77, business_date=business_date
    )
    back = receipt(kind="RETURN", number="78", returns={"number": "77"}, items=[{"plu": "x", "qty": 1, "net": 60}], sum=60)
    again = receipt(kind="RETURN", number="79", returns={"number": 77}, items=[{"plu": "x", "qty": 1, "net": 60}], sum=60)
    folding = Folding(RULES)
    for number, document in enumerate([bought, back] if first == "the order" else [back, bought]):
        folding.take(document, now_ms=NOON_MS + number)
    folding.turn()
    assert folding.progress() == {("spend", "ann"): 90}
    # What is left of the x is 40.
    folding.take(again, now_ms=NOON_MS + 5)
    folding.take(refund("r", "o-1", at(1), ("y", 1, 50)), now_ms=NOON_MS + 6)
    folding.turn()
    assert folding.progress() == {("spend", "ann"): 0}
    assert folding.reasons() == []


def test_a_return_finds_no_other_members_and_no_other_tills_order() -> None:
    known = {"store_id": "s-1", "terminal_id": "till-2", "receipt_no": "77", "business_date": "2024-01-01"}
    folding = Folding(RULES)
    folding.take(order("o-1", at(1), ("x", 1, 100), member_id="bob", **known), now_ms=NOON_MS)
    folding.take(order("o-2", at(1), ("x", 1, 100), **(known | {"terminal_id": "till-3"})), now_ms=NOON_MS)
    folding.take(order("o-3", at(1), ("x", 1, 100), channel="online", **known), now_ms=NOON_MS)
    folding.take(
        receipt(kind="RETURN", number="78", returns={"number": "77"}, items=[{"plu": "x", "qty": 1, "net": 60}], sum=60),
        now_ms=NOON_MS,
    )
    folding.turn()
    assert sum(folding.progress().values()) == 300
    folding.sweep(NOON_MS + 36 * DAY_MS)
    assert folding.reasons() == ["unknown_order"]
