"""The order store beside a plain dict: whatever is put in is found, and what has expired or was forgotten is not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.documents.content import DIGEST_BYTES
from tables.orders.store import OrderStore

Entry = tuple[bytes, bytes | None, bytes]


def digest(number: int, last: int = 0) -> bytes:
    return number.to_bytes(8, "little") + last.to_bytes(DIGEST_BYTES - 8, "little")


# Few digests, of which many share their first bytes or all that the index keeps of them, so that buckets fill, split and collide.
DIGESTS = st.one_of(
    st.builds(digest, st.integers(0, 40), st.integers(0, 1)),
    st.integers(0, 40).map(lambda n: digest(n << 42)),
    st.integers(0, 40).map(lambda n: digest(n << 48)),
    st.binary(min_size=DIGEST_BYTES, max_size=DIGEST_BYTES),
)
ENTRIES = st.lists(st.tuples(DIGESTS, st.none() | DIGESTS, st.binary(max_size=40)), max_size=60)
TURNS = st.lists(st.tuples(st.integers(0, 3), ENTRIES, st.booleans()), max_size=25)


def put(expected: dict[bytes, bytes], entries: list[Entry]) -> None:
    for own, second, record in entries:
        expected[own] = record
        if second is not None:
            expected[second] = record


def filled(turns: list[tuple[int, list[Entry], bool]]) -> tuple[OrderStore, dict[bytes, bytes], list[tuple[int, int, bytes]]]:
    """A store after turns of (days passed, entries, kept or forgotten); what must be found in it; the chunks."""
    store = OrderStore()
    expected: dict[bytes, bytes] = {}
    chunks: list[tuple[int, int, bytes]] = []
    day = 19_000
    for number, (passed, entries, kept) in enumerate(turns, 1):
        day += passed
        for own, second, record in entries:
            store.stage(own, second, record)
            assert store.find(own) == record and (second is None or store.find(second) == record)
        if not kept:
            store.forget_staged()
            continue
        put(expected, entries)
        chunks.append((day, number, store.seal(day, number)))
    return store, expected, chunks


def check(store: OrderStore, expected: dict[bytes, bytes], others: list[bytes]) -> None:
    for one in {*expected, *others}:
        assert store.find(one) == expected.get(one)


@settings(max_examples=150, deadline=None)
@given(TURNS, st.lists(DIGESTS, max_size=20))
def test_it_finds_the_newest_of_what_was_kept(turns: list[tuple[int, list[Entry], bool]], others: list[bytes]) -> None:
    store, expected, chunks = filled(turns)
    check(store, expected, others)
    recovered = OrderStore()
    for chunk in chunks:
        if chunk[2]:
            recovered.load(*chunk)
    check(recovered, expected, others)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), ENTRIES), max_size=25), st.integers(0, 60), st.integers(1, 5))
def test_it_expires_whole_days_and_lists_their_chunks_once(turns: list[tuple[int, list[Entry]]], kept_days: int, most: int) -> None:
    store = OrderStore()
    by_day: dict[int, list[Entry]] = {}
    chunks: dict[int, set[int]] = {}
    day = 19_000
    for turn, (passed, entries) in enumerate(turns, 1):
        day += passed
        by_day.setdefault(day, []).extend(entries)
        for entry in entries:
            store.stage(*entry)
        if store.seal(day, turn):
            chunks.setdefault(day, set()).add(turn)
    before = day - kept_days
    listed: list[tuple[int, int]] = []
    while found := store.expire(before, most):
        assert len(found) <= most
        listed += found
    assert sorted(listed) == sorted((day, turn) for day, turns_ in chunks.items() if day < before for turn in turns_)
    expected: dict[bytes, bytes] = {}
    for day, entries in by_day.items():
        if day >= before:
            put(expected, entries)
    gone = [one for entries in by_day.values() for own, second, _ in entries for one in (own, second) if one is not None]
    check(store, expected, gone)


def test_a_hundred_thousand_are_found_and_nothing_else() -> None:
    store = OrderStore()
    for number in range(100_000):
        store.stage(digest(number * 0x9E3779B97F4A7C15 % 2**64), None, number.to_bytes(4, "big"))
        if number % 1000 == 999:
            store.seal(20_000, number)
    for number in range(0, 100_000, 97):
        assert store.find(digest(number * 0x9E3779B97F4A7C15 % 2**64)) == number.to_bytes(4, "big")
    assert store.find(digest(12345)) is None
    assert store.bytes_kept() < 100_000 * 40
