"""The keys of documents: digests under a secret seed, so that nobody can choose them."""

from __future__ import annotations

from collections import Counter

from rules.documents.content import DIGEST_BYTES, order_key

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
