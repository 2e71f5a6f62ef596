"""The order store beside a plain dict: whatever is put in is found, and what has expired or was forgotten is not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tables.order_store import OrderStore

# Few hashes, of which many share their lower or their upper bits, so that buckets fill, split and collide.
HASHES = st.one_of(
    st.integers(0, 40),
    st.integers(0, 40).map(lambda n: n << 16),
    st.integers(0, 40).map(lambda n: n << 58),
    st.integers(0, 2**64 - 1),
)
ENTRIES = st.lists(st.tuples(HASHES, st.binary(max_size=40)), max_size=60)
TURNS = st.lists(st.tuples(st.integers(0, 3), ENTRIES, st.booleans()), max_size=25)


def filled(
    turns: list[tuple[int, list[tuple[int, bytes]], bool]],
) -> tuple[OrderStore, dict[int, list[bytes]], list[tuple[int, int, bytes]]]:
    """A store after turns of (days passed, entries, kept or forgotten); what must be in it, oldest first; the chunks."""
    store = OrderStore()
    expected: dict[int, list[bytes]] = {}
    chunks: list[tuple[int, int, bytes]] = []
    day = 19_000
    for number, (passed, entries, kept) in enumerate(turns, 1):
        day += passed
        for key_hash, record in entries:
            store.stage(key_hash, record)
            assert store.find(key_hash)[0] == record
        if not kept:
            store.forget_staged()
            continue
        for key_hash, record in entries:
            expected.setdefault(key_hash, []).append(record)
        chunks.append((day, number, store.seal(day, number)))
    return store, expected, chunks


def check(store: OrderStore, expected: dict[int, list[bytes]], others: list[int]) -> None:
    for key_hash in {*expected, *others}:
        assert list(store.find(key_hash)) == expected.get(key_hash, [])[::-1]


@settings(max_examples=150, deadline=None)
@given(TURNS, st.lists(HASHES, max_size=20))
def test_it_finds_what_was_kept_newest_first(turns: list[tuple[int, list[tuple[int, bytes]], bool]], others: list[int]) -> None:
    store, expected, chunks = filled(turns)
    check(store, expected, others)
    assert store.count == sum(map(len, expected.values()))
    recovered = OrderStore()
    for chunk in chunks:
        if chunk[2]:
            recovered.load(*chunk)
    check(recovered, expected, others)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), ENTRIES), max_size=25), st.integers(0, 60), st.integers(1, 5))
def test_it_expires_whole_days_and_lists_their_chunks_once(
    turns: list[tuple[int, list[tuple[int, bytes]]]], kept_days: int, most: int
) -> None:
    store = OrderStore()
    by_day: dict[int, list[tuple[int, bytes]]] = {}
    chunks: dict[int, set[int]] = {}
    day = 19_000
    for turn, (passed, entries) in enumerate(turns, 1):
        day += passed
        by_day.setdefault(day, []).extend(entries)
        for key_hash, record in entries:
            store.stage(key_hash, record)
        if store.seal(day, turn):
            chunks.setdefault(day, set()).add(turn)
    before = day - kept_days
    listed: list[tuple[int, int]] = []
    while found := store.expire(before, most):
        assert len(found) <= most
        listed += found
    assert sorted(listed) == sorted((day, turn) for day, turns_ in chunks.items() if day < before for turn in turns_)
    expected: dict[int, list[bytes]] = {}
    for day, entries in by_day.items():
        if day >= before:
            for key_hash, record in entries:
                expected.setdefault(key_hash, []).append(record)
    gone = [key_hash for entries in by_day.values() for key_hash, _ in entries]
    check(store, expected, gone)


def test_a_hundred_thousand_are_found_and_nothing_else() -> None:
    store = OrderStore()
    for number in range(100_000):
        store.stage(number * 0x9E3779B97F4A7C15 % 2**64, number.to_bytes(4, "big"))
        if number % 1000 == 999:
            store.seal(20_000, number)
    for number in range(0, 100_000, 97):
        assert store.find(number * 0x9E3779B97F4A7C15 % 2**64) == (number.to_bytes(4, "big"),)
    assert store.find(12345) == ()
    assert store.bytes_kept() < 100_000 * 40
