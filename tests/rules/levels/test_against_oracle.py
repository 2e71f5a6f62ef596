"""Levels against the second implementation, which keeps all of a member's history and judges from it (spec 3.1 to 3.5, 1.9, 1.10, 2.8).

Programs of every standard and validity, and lives at random: orders and refunds late, early, twice and out of their order, payments,
points, imported orders, times that end terms.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.generate.terms import life
from tests.rules.levels.against_oracle import Document, differences
from tests.thorough import examples

# A refund of an order that is kept no more is held, as one that came before its order; the second implementation forgets nothing.
_KEPT = timedelta(days=130)
_TIMES = ("placed_at", "refunded_at", "earned_at", "paid_at")


def of_orders_that_are_kept(documents: list[Document]) -> list[Document]:
    """Without what takes back from an order, or points, of long ago."""
    times: dict[tuple[str, str], datetime] = {}
    found = []
    for document in documents:
        at = next((datetime.fromisoformat(document[name]) for name in _TIMES if name in document), None)
        if document["type"] in ("purchase", "points") and at is not None:
            times[document["type"], document["order_id" if document["type"] == "purchase" else "points_id"]] = at
        named = ("purchase", document.get("order_id")) if document["type"] == "refund" else ("points", document.get("takes_back"))
        if named[1] is None or named not in times or at is None or at - times[named[0], named[1]] <= _KEPT:
            found.append(document)
    return found


@examples(100)
@given(st.integers(0, 2**32), st.integers(5, 40), st.booleans())
def test_a_life_under_programs_that_are_changed_comes_out_alike(seed: int, lines: int, finer: bool) -> None:
    definitions, documents = life(seed, lines, changes=True, finer=finer)
    assert differences(of_orders_that_are_kept(documents), definitions) == []


@examples(80)
@given(st.integers(0, 2**32), st.integers(5, 40), st.booleans(), st.booleans())
def test_a_life_of_members_who_become_one_comes_out_alike(seed: int, lines: int, changes: bool, finer: bool) -> None:
    definitions, documents = life(seed, lines, members=3, changes=changes, merges=True, finer=finer)
    assert differences(of_orders_that_are_kept(documents), definitions) == []


@examples(120)
@given(st.integers(0, 2**32), st.integers(3, 40))
def test_a_life_comes_out_alike(seed: int, lines: int) -> None:
    definitions, documents = life(seed, lines)
    assert differences(of_orders_that_are_kept(documents), definitions) == []
