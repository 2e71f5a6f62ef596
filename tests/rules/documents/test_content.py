"""The keys of documents: digests under a secret seed, so that nobody can choose them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from rules.documents.content import DIGEST_BYTES, business_keys, order_key
from rules.documents.purchase import Purchase

# What a few minutes of tries find for the seed that everybody knows: ids whose keys share their last byte.
CHOSEN = [order_id for number in range(50_000) if order_key("ann", order_id := f"o-{number}", 0)[-1] == 7]


def test_ids_chosen_under_one_seed_are_spread_under_another() -> None:
    assert len(CHOSEN) > 100
    for seed in (1, 2**63 + 12345, 2**64 - 1):
        last = Counter(order_key("ann", order_id, seed)[-1] for order_id in CHOSEN)
        assert max(last.values()) < len(CHOSEN) / 10


def test_a_key_is_the_same_whenever_it_is_asked_for() -> None:
    assert order_key("ann", "a", 5) == order_key("ann", "a", 5) != order_key("ann", "a", 6)
    assert len(order_key("ann", "a", 5)) == DIGEST_BYTES


@pytest.mark.parametrize(
    ("parts", "before"),
    [
        (("t", "7", "2026-03-01"), None),
        ((5, "7", "2026-03-01"), (5, "7", "2026-03-01")),
        (("t", 7, "2026-03-01"), ("t", 7, "2026-03-01")),
        (("t", "7", 20260301), ("t", "7", 20260301)),
        (("t", "7", "20260301"), ("t", "7", "20260301")),
    ],
)
def test_an_order_of_a_till_that_came_before_is_looked_for_under_the_key_of_then(
    parts: tuple[Any, ...], before: tuple[Any, ...] | None
) -> None:
    key, key_before = business_keys("till", order_of(*parts), 5)
    assert key == business_keys("till", order_of(*map(str, parts)), 5)[0]
    assert (key_before is not None) == (before is not None)
    assert key is not None
    assert key_before != key


def order_of(terminal_id: Any, receipt_no: Any, business_date: Any) -> Purchase:
    return Purchase(
        order_id="a",
        channel="pos",
        store_id="s",
        placed_at=datetime(2026, 3, 1, tzinfo=UTC),
        currency="GBP",
        lines=[],
        member_id="ann",
        terminal_id=terminal_id,
        receipt_no=receipt_no,
        business_date=business_date,
    )
