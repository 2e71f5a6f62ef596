"""The order store beside a plain dict: whatever is put in is found, and what has expired or was forgotten is not."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.documents.content import DIGEST_BYTES
from tables.orders.chunk import ORIGIN_BYTES
from tables.orders.store import MAX_INDEX_BYTES_A_TURN, OrderStore
from tests.thorough import examples

Entry = tuple[bytes, bytes | None, bytes]
# (day, turn, format)
Chunk = tuple[int, int, int]
FORMAT = 3


def digest(number: int, first: int = 0) -> bytes:
    return first.to_bytes(DIGEST_BYTES - 8, "big") + number.to_bytes(8, "big")


# Few digests, of which many share their last bytes or all that the index keeps of them, so that buckets fill, split and collide.
DIGESTS = st.one_of(
    st.builds(digest, st.integers(0, 40), st.integers(0, 1)),
    st.integers(0, 40).map(lambda n: digest(n << 32)),
    st.integers(0, 40).map(lambda n: digest(n << 40)),
    st.binary(min_size=DIGEST_BYTES, max_size=DIGEST_BYTES),
)
ENTRIES = st.lists(st.tuples(DIGESTS, st.none() | DIGESTS, st.binary(max_size=40)), max_size=60)


class Step(NamedTuple):
    """A turn: days passed since the one before, what it adds, whether it is kept, how many days are kept."""

    passed: int
    entries: list[Entry]
    kept: bool
    days: int


STEPS = st.lists(st.builds(Step, st.integers(0, 3), ENTRIES, st.booleans(), st.integers(3, 60)), max_size=25)


class Life:
    """A store, what its changelog holds after compaction, and a dict of what must be found, by day."""

    def __init__(self) -> None:
        self.store = self._new()
        self.chunks: dict[Chunk, bytes] = {}
        self.groups: dict[int, tuple[int, bytes]] = {}
        self.expected: dict[int, dict[bytes, bytes]] = {}
        self.day = 19_000
        self.turn = 0

    @staticmethod
    def _new() -> OrderStore:
        # Small, so that a few entries fill arenas and make buckets split.
        return OrderStore(group_bits=1, arena_bytes=200, least_index_bytes=1)

    def live(self, step: Step, most: int = 500) -> None:
        self.day += step.passed
        for own, second, record in step.entries:
            self.store.stage(own, second, record)
            assert self.store.find(own) == record and (second is None or self.store.find(second) == record)
        if not step.kept:
            self.store.forget_staged()
            return
        self.turn += 1
        of_day = self.expected.setdefault(self.day, {})
        for own, second, record in step.entries:
            of_day[own] = record
            if second is not None:
                of_day[second] = record
        chunk = self.store.seal(self.day, self.turn)
        if chunk:
            self.chunks[self.day, self.turn, FORMAT] = chunk
        for gone in self.store.expire(self.day - step.days, most):
            del self.chunks[gone]
        for group, value in self.store.look_after_index(self.turn):
            self.groups[group] = self.turn, value

    def found(self) -> dict[bytes, bytes]:
        """What must be found: of the days that the changelog still has chunks of."""
        days = sorted({day for day, _, _ in self.chunks})
        return {key: record for day in days for key, record in self.expected[day].items()}

    def check(self, others: list[bytes]) -> None:
        expected = self.found()
        gone = [key for of_day in self.expected.values() for key in of_day]
        for store in (self.store, self.recovered()):
            for one in {*expected, *others, *gone}:
                assert store.find(one) == expected.get(one)

    def recovered(self) -> OrderStore:
        """Another store, from what the changelog holds, in its order: of a turn, the chunk stands before the groups."""
        store = self._new()
        records = [(turn, 0, (day, turn, form), value) for (day, turn, form), value in self.chunks.items()]
        records += [(turn, 1, (group, 0, 0), value) for group, (turn, value) in self.groups.items()]
        for _, kind, key, value in sorted(records):
            if kind:
                store.load_group(key[0], value)
            else:
                store.load(*key, value)
        store.loaded()
        return store


@examples(60)
@given(STEPS, st.lists(DIGESTS, max_size=20))
def test_it_finds_the_newest_of_what_is_kept_and_again_when_it_is_read_back(steps: list[Step], others: list[bytes]) -> None:
    life = Life()
    for step in steps:
        life.live(step)
    life.check(others)


@examples(50)
@given(STEPS, STEPS, st.lists(DIGESTS, max_size=20))
def test_what_was_read_back_goes_on_as_if_it_had_never_been_away(
    before: list[Step], after: list[Step], others: list[bytes]
) -> None:
    life = Life()
    for step in before:
        life.live(step)
    life.store = life.recovered()
    for step in after:
        life.live(step)
    life.check(others)


@examples(50)
@given(st.lists(st.tuples(st.integers(0, 5), ENTRIES), max_size=25), st.integers(0, 60), st.integers(1, 5))
def test_it_expires_whole_days_and_lists_their_chunks_once(turns: list[tuple[int, list[Entry]]], kept_days: int, most: int) -> None:
    life = Life()
    for passed, entries in turns:
        life.live(Step(passed, entries, kept=True, days=1_000))
    chunks = list(life.chunks)
    before = life.day - kept_days
    listed: list[Chunk] = []
    while found := life.store.expire(before, most):
        assert len(found) <= most
        listed += found
        for gone in found:
            del life.chunks[gone]
    assert sorted(listed) == sorted(chunk for chunk in chunks if chunk[0] < before)
    life.check([])


def test_a_day_that_is_deleted_in_parts_is_read_back_as_far_as_it_is_there() -> None:
    life = Life()
    for number in range(40):
        life.live(Step(0, [(digest(number), None, b"%d" % number)], kept=True, days=9))
    life.live(Step(10, [], kept=True, days=9), most=15)
    assert len(life.chunks) == 25
    store = life.recovered()
    assert [store.find(digest(number)) for number in range(40)] == [b"%d" % number for number in range(25)] + [None] * 15


def test_a_hundred_thousand_are_found_and_nothing_else() -> None:
    store = OrderStore()
    for number in range(100_000):
        store.stage(digest(number * 0x9E3779B97F4A7C15 % 2**64), None, number.to_bytes(4, "big"))
        if number % 1000 == 999:
            store.seal(20_000, number)
    for number in range(0, 100_000, 97):
        assert store.find(digest(number * 0x9E3779B97F4A7C15 % 2**64)) == number.to_bytes(4, "big")
    assert store.find(digest(12345)) is None
    assert store.bytes_kept() < 100_000 * 30


def test_a_day_has_as_many_arenas_as_it_needs() -> None:
    store = OrderStore(arena_bytes=1_000)
    for turn in range(1, 200):
        store.stage(digest(turn), digest(turn, first=1), b"%d" % turn * 20)
        store.seal(20_000, turn)
    assert [store.find(digest(turn, first)) for turn in range(1, 200) for first in (0, 1)] == [
        b"%d" % turn * 20 for turn in range(1, 200) for _ in (0, 1)
    ]
    assert store.bytes_kept() > 10 * 1_000


def filled(store: OrderStore, day: int, turn: int, orders: int, chance: random.Random) -> list[tuple[int, bytes]]:
    """One turn of so many orders that nobody looks for; what of the index it writes."""
    for _ in range(orders):
        store.stage(chance.randbytes(DIGEST_BYTES), None, b"12345678")
    store.seal(day, turn)
    return store.look_after_index(turn)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_the_second_digest_of_an_entry_leads_to_the_beginning_of_its_own(
    steps: list[tuple[bool, bool]], chance: random.Random
) -> None:
    """Of the newest that has it, whether it is staged or kept, and whatever was rolled back."""
    store, expected, turn = OrderStore(), {}, 0
    for number, (seal, roll_back) in enumerate(steps):
        mark, second = len(store.entries), digest(chance.randrange(5), 9)
        # Of which the beginning differs.
        own = digest(number + 1 << 40)
        store.stage(own, second, b"record")
        assert store.origin(second) == own[:ORIGIN_BYTES]
        if roll_back:
            store.roll_back(mark)
        else:
            expected[second] = own[:ORIGIN_BYTES]
        if seal:
            turn += 1
            store.seal(19_000, turn)
        for each in range(5):
            assert store.origin(digest(each, 9)) == expected.get(digest(each, 9))


def test_the_index_is_as_large_as_what_it_finds_however_long_it_has_lived() -> None:
    store, kept_days, chance = OrderStore(group_bits=2), 8, random.Random(1)
    most: list[float] = []
    for day in range(20_000, 20_000 + 300 * kept_days):
        filled(store, day, day, 100, chance)
        store.expire(day - kept_days + 1, 500)
        if day >= 20_000 + kept_days:
            most.append(store.index_bytes() / (100 * kept_days))
    # 12 bytes a slot, and what has expired and not yet been dropped.
    assert max(most) < 12 * 1.4
    assert max(most[-50:]) <= max(most[:50]) * 1.05
    assert 16 < store.slots_a_bucket() < 40


def test_the_index_gives_back_the_room_of_a_peak() -> None:
    store, chance = OrderStore(group_bits=2), random.Random(1)
    for turn in range(1, 51):
        filled(store, 20_000, turn, 500, chance)
    high = store.bytes_kept()
    for turn in range(51, 551):
        filled(store, 20_000 + turn, turn, 10, chance)
        store.expire(20_000 + turn - 20, 500)
    assert store.bytes_kept() < high / 100
    assert store.slots_a_bucket() > 8


def test_no_turn_writes_more_of_the_index_than_it_may() -> None:
    store, chance = OrderStore(group_bits=6), random.Random(1)
    for turn in range(1, 51):
        written = filled(store, 20_000 + turn // 10, turn, 1_000, chance)
        # Three slots of it for each that comes, and one group more.
        assert sum(len(value) for _, value in written) <= 3 * 12 * 1_000 + 12 * 50_000 / 2**6 * 1.5
    # Of a hundred thousand at one go it is not all written at once.
    assert (
        sum(len(value) for _, value in filled(store, 20_006, 51, 50_000, chance))
        < MAX_INDEX_BYTES_A_TURN + 12 * 100_000 / 2**6 * 1.5
    )


# One entry known by its own id and its business key, and one by its own id, as the release before wrote them in one turn.
BEFORE = bytes.fromhex(
    "0102030405060708090a0b0c05000080" + "1112131415161718191a1b1c" + "68656c6c6f" + "2102030405060708090a0b0c03000000" + "666f6f"
)


def test_what_the_release_before_kept_is_read_and_deleted_under_its_own_key() -> None:
    store = OrderStore()
    store.load(20_000, 7, 0, BEFORE)
    store.loaded()
    first, second, other = BEFORE[:12], BEFORE[16:28], BEFORE[33:45]
    assert [store.find(each) for each in (first, second, other)] == [b"hello", b"hello", b"foo"]
    store.stage(digest(5), None, b"new")
    chunk = store.seal(20_000, 8)
    again = OrderStore()
    again.load(20_000, 7, 0, BEFORE)
    again.load(20_000, 8, FORMAT, chunk)
    again.loaded()
    assert [again.find(each) for each in (first, second, other, digest(5))] == [b"hello", b"hello", b"foo", b"new"]
    assert again.expire(20_001, 10) == [(20_000, 8, FORMAT), (20_000, 7, 0)]


@pytest.mark.parametrize("chunk", [b"", b"\x01\0\0\0", b"\xff\xff\xff\xff" + bytes(40), bytes(40)])
def test_what_is_no_chunk_is_said(chunk: bytes) -> None:
    for form in (FORMAT, 0, 9):
        if form == 0 and chunk == b"":
            continue
        with pytest.raises(Exception, match=r"chunk|buffer|bytes"):
            OrderStore().load(20_000, 1, form, chunk)


def test_a_chunk_that_would_stand_elsewhere_than_the_index_says_is_said() -> None:
    store = OrderStore()
    chunks = []
    for turn in (1, 2):
        store.stage(digest(turn), None, b"x")
        chunks.append(store.seal(20_000, turn))
    with pytest.raises(ValueError, match="stands at"):
        OrderStore().load(20_000, 2, FORMAT, chunks[1])
