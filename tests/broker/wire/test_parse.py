"""What a fetch brought, read: whatever stands in a partition comes as records, or as the place of what cannot be read."""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.wire.batches import NO_HEADERS, Entry, encode_headers, entry, sized, varint
from broker.wire.codecs import CodecMissing
from broker.wire.parse import Damage, Limits, Parsed, parse
from broker.wire.records import Headers, Record, UnreadableBatch
from tests.broker.made import (
    ABORT,
    COMMIT,
    GZIP,
    LOG_APPEND_TIME,
    LZ4,
    PLAIN,
    SNAPPY,
    TRANSACTIONAL,
    ZSTD,
    batch,
    marker,
    sealed,
    xerial,
)
from tests.thorough import examples

ALL = (PLAIN, GZIP, SNAPPY, LZ4, ZSTD)
NOW_MS = 1_700_000_000_000
BYTES = st.none() | st.binary(max_size=9) | st.integers(60, 70).map(bytes)
HEADERS = st.lists(st.tuples(st.binary(max_size=4).map(lambda name: name.decode(errors="surrogateescape")), BYTES), max_size=3)
LISTED = st.lists(st.tuples(BYTES, BYTES, HEADERS), min_size=1, max_size=12)


def entries_of(listed: Sequence[tuple[bytes | None, bytes | None, Headers]]) -> list[Entry]:
    return [entry(key, value, encode_headers(headers)) for key, value, headers in listed]


def some(first: int, count: int) -> list[Entry]:
    return [entry(b"k", b"value-%d" % number, NO_HEADERS) for number in range(first, first + count)]


def values(parsed: Parsed) -> list[bytes | None]:
    return [record.value for record in parsed.records]


def shown(records: Sequence[Record]) -> list[tuple[int, int, bytes | None, bytes | None, Headers]]:
    return [(record.offset, record.timestamp_ms, record.key, record.value, record.headers) for record in records]


@pytest.mark.parametrize("codec", ALL)
@examples(40)
@given(first=LISTED, second=LISTED, base=st.integers(0, 2**40), skipped=st.integers(0, 11))
def test_records_come_back_from_any_offset_on(
    codec: int,
    first: list[tuple[bytes | None, bytes | None, Headers]],
    second: list[tuple[bytes | None, bytes | None, Headers]],
    base: int,
    skipped: int,
) -> None:
    data = batch(entries_of(first), base, codec=codec) + batch(entries_of(second), base + len(first), codec=codec)
    end = base + len(first) + len(second)
    from_offset = min(base + skipped, end - 1)
    parsed = parse(data, from_offset, end)
    expected = [(base + at, NOW_MS, *each) for at, each in enumerate([*first, *second])][from_offset - base :]
    assert shown(parsed.records) == expected
    assert (parsed.next_offset, parsed.unreadable, parsed.damaged) == (end, [], False)


def test_a_time_of_its_own_is_the_records_where_the_topic_has_no_append_time() -> None:
    assert [record.timestamp_ms for record in parse(batch(some(0, 2), flags=0, timestamp_ms=7), 0, 2).records] == [7, 7]


def test_snappy_as_java_frames_it() -> None:
    plain = batch(some(0, 3))
    data = batch(some(0, 3), codec=SNAPPY, payload=xerial(plain[61:], 16))
    assert values(parse(data, 0, 3)) == [b"value-0", b"value-1", b"value-2"]


def test_a_headers_name_is_any_bytes_and_goes_out_as_it_came() -> None:
    headers = varint(2) + sized(b"\xff\xfe") + sized(b"v") + sized("größe".encode()) + sized(None)
    (record,) = parse(batch([entry(b"k", b"v", headers)]), 0, 1).records
    assert record.headers[1] == ("größe", None)
    assert encode_headers(record.headers) == headers


def test_what_the_response_cut_off_is_left_for_the_next() -> None:
    first, second = batch(some(0, 2)), batch(some(2, 2), 2)
    for cut in range(1, len(second)):
        parsed = parse(first + second[:cut], 0, 4)
        assert (len(parsed.records), parsed.next_offset, parsed.damaged) == (2, 2, False)


@pytest.mark.parametrize("codec", ALL)
def test_a_byte_that_was_changed_is_seen_and_what_follows_is_read(codec: int) -> None:
    for at in range(len(batch(some(2, 3), 2, codec=codec))):
        for flip in (1, 2, 128, 255):
            _changed(codec, at, flip)


def _changed(codec: int, at: int, flip: int) -> None:
    """Between two whole batches. Fetched again, and still so, it is one place; what is before and behind it comes as it is."""
    before, hit, after = batch(some(0, 2), 0), bytearray(batch(some(2, 3), 2, codec=codec)), batch(some(5, 2), 5)
    hit[at] ^= flip
    data = before + bytes(hit) + after
    first = parse(data, 0, 7, gapless=True)
    same = [b"value-%d" % number for number in range(7)]
    if values(first) == same:
        # A leader epoch says nothing to us.
        assert 12 <= at < 16
        return
    assert values(first) == same[:2]
    if not first.damaged:
        # It says that it is longer than what came: the fetcher asks for more.
        assert (8 <= at < 12, first.next_offset) == (True, 2)
    again = parse(data[len(before) :], 2, 7, damage=Damage.PASS, gapless=True)
    if at < 8:
        # Where it stands is not in its checksum: what is otherwise whole, and not before where we are, is believed in the end.
        assert same[-2:] == values(again)[-2:] or again.next_offset >= 7
        return
    place = again.records[0]
    assert isinstance(place, UnreadableBatch) and again.unreadable == [place]
    assert (place.first_offset, place.offset, place.length) == (2, 4, len(hit))
    assert place.digest == hashlib.sha256(hit).hexdigest() and place.first_bytes == bytes(hit)
    assert [record.value for record in again.records[1:]] == same[5:]
    assert (again.next_offset, again.damaged) == (7, False)


@given(st.binary(max_size=300), st.sampled_from(list(Damage)))
def test_any_bytes_at_all_raise_nothing(data: bytes, damage: Damage) -> None:
    parsed = parse(data, 5, 9, damage=damage)
    assert 5 <= parsed.next_offset <= 9 or parsed.records


def test_where_nothing_follows_it_is_passed_only_when_told_so() -> None:
    hit = bytearray(batch(some(0, 3)))
    hit[-1] ^= 1
    for damage in (Damage.STOP, Damage.PASS):
        parsed = parse(bytes(hit), 0, 3, damage=damage)
        assert (parsed.records, parsed.next_offset, parsed.damaged) == ([], 0, True)
    parsed = parse(bytes(hit), 0, 3, damage=Damage.END)
    (place,) = parsed.unreadable
    assert (place.first_offset, place.offset, parsed.next_offset, parsed.damaged) == (0, 2, 3, False)


def test_an_older_message_format_is_a_place() -> None:
    message = struct.pack(">IbbqiI", 0, 1, 0, NOW_MS, -1, 1) + b"v"
    data = struct.pack(">qi", 0, len(message)) + message + batch(some(1, 1), 1)
    parsed = parse(data, 0, 2, damage=Damage.PASS)
    assert isinstance(parsed.records[0], UnreadableBatch) and parsed.records[1].value == b"value-1"


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "a number is cut off"),
        (b"\xff" * 12, "more than 64 bits"),
        (b"\x00", "has 0 bytes"),
        (b"\x01", "has -1 bytes"),
        (b"\x7e" + bytes(9), "has 63 bytes"),
        (batch(some(0, 1))[61:] + b"more", "4 bytes follow"),
        (varint(9) + b"\0\0\0" + varint(-1) + varint(-1) + varint(3) + bytes(3), "cut off|has no name|ends"),
        (varint(8) + b"\0\0\0" + varint(-1) + varint(-1) + varint(1) + varint(-1) + varint(-1), "no name"),
        (varint(6) + b"\0\0\0" + varint(60) + b"kk", "60 bytes are said to follow"),
        (varint(9) + b"\0\0\0" + varint(-1) + varint(-1) + varint(2**20), "headers"),
    ],
)
def test_records_that_do_not_follow_the_format_are_a_place(payload: bytes, why: str) -> None:
    data = batch(some(0, 1), payload=payload) + batch(some(1, 1), 1)
    parsed = parse(data, 0, 2)
    place, record = parsed.records
    assert isinstance(place, UnreadableBatch) and record.value == b"value-1"
    assert place.timestamp_ms == NOW_MS and (place.first_offset, place.offset) == (0, 0)
    assert re.search(why, place.why)


@pytest.mark.parametrize("codec", ALL[1:])
def test_what_does_not_inflate_is_a_place(codec: int) -> None:
    data = batch(some(0, 2), codec=codec, payload=b"nothing of the kind") + batch(some(2, 1), 2)
    place, record = parse(data, 0, 3).records
    assert isinstance(place, UnreadableBatch) and record.value == b"value-2"
    assert (place.first_offset, place.offset) == (0, 1)


def test_more_than_a_batch_may_inflate_to_is_a_place() -> None:
    data = batch([entry(None, bytes(5_000), NO_HEADERS)], codec=ZSTD) + batch(some(1, 1), 1, codec=ZSTD)
    place, record = parse(data, 0, 2, limits=Limits(4_096, 2**30)).records
    assert isinstance(place, UnreadableBatch) and "more than the 4096 bytes" in place.why
    assert record.value == b"value-1"


def test_what_one_fetch_inflates_has_a_limit_and_the_rest_is_left_for_the_next() -> None:
    data = b"".join(batch(some(number, 1), number, codec=GZIP) for number in range(5))
    taken = parse(data, 0, 5, limits=Limits(4_096, 100))
    assert 0 < len(taken.records) < 5 and taken.next_offset == len(taken.records)
    assert parse(data, 0, 5, limits=Limits(4_096, 0)).next_offset == 0
    assert len(parse(batch(some(0, 3)), 0, 3, limits=Limits(4_096, 0)).records) == 3, "what is not compressed needs no room"


def test_an_unknown_codec_says_what_to_do() -> None:
    with pytest.raises(CodecMissing, match="codec 5"):
        parse(batch(some(0, 1), flags=LOG_APPEND_TIME | 5), 0, 1)


def test_offsets_are_the_brokers_whatever_the_records_say() -> None:
    payload = batch(some(0, 1))[61:] * 3
    records = parse(batch(some(0, 1), 40, payload=payload, last_delta=2, count=3), 40, 43).records
    assert [record.offset for record in records] == [40, 41, 42]


def test_a_compacted_batch_keeps_the_offsets_that_are_left() -> None:
    one, three = batch(some(0, 1))[61:], batch(some(0, 3))[61:]
    last = three[2 * len(one) :]
    parsed = parse(batch(some(0, 1), 40, flags=0, payload=one + last, last_delta=3, count=2), 39, 50)
    assert [record.offset for record in parsed.records] == [40, 42]
    assert parsed.next_offset == 44
    (place,) = parse(batch(some(0, 1), 40, flags=0, payload=last + one, last_delta=3, count=2), 40, 50).records
    assert isinstance(place, UnreadableBatch) and "not in the order" in place.why
    empty = parse(batch(some(0, 1), 40, flags=0, payload=b"", last_delta=3, count=0), 40, 50)
    assert (empty.records, empty.next_offset) == ([], 44)


def test_a_batch_that_is_not_where_it_must_be_is_looked_at_again_and_then_believed() -> None:
    data = batch(some(0, 2), 10) + batch(some(2, 2), 20)
    first = parse(data, 10, 30, gapless=True)
    assert (len(first.records), first.next_offset, first.damaged) == (2, 12, True)
    assert len(parse(data, 10, 30, damage=Damage.PASS, gapless=True).records) == 4
    assert len(parse(data, 10, 30).records) == 4, "a compacted topic has gaps"
    beyond = parse(data, 10, 15, damage=Damage.PASS)
    assert (len(beyond.records), beyond.damaged) == (2, True)


class TestTransactions:
    def in_one(self, first: int, count: int, producer_id: int) -> bytes:
        return batch(some(first, count), first, flags=LOG_APPEND_TIME | TRANSACTIONAL, producer_id=producer_id)

    def test_only_what_is_committed_is_read(self) -> None:
        data = (
            self.in_one(0, 2, 7)
            + batch(some(2, 1), 2)
            + self.in_one(3, 1, 8)
            + marker(4, 7, ABORT)
            + self.in_one(5, 1, 7)
            + marker(6, 8, COMMIT)
            + self.in_one(7, 1, 8)
            + marker(8, 7, COMMIT)
            + marker(9, 8, ABORT)
            + batch(some(10, 1), 10)
        )
        parsed = parse(data, 0, 11, [(8, 7), (7, 0)], gapless=True)
        assert values(parsed) == [b"value-2", b"value-3", b"value-5", b"value-10"]
        assert [record.offset for record in parsed.records] == [2, 3, 5, 10]
        assert (parsed.next_offset, parsed.damaged) == (11, False)

    def test_from_the_middle_of_one(self) -> None:
        data = self.in_one(0, 3, 7) + self.in_one(3, 2, 7) + marker(5, 7, ABORT) + self.in_one(6, 1, 7)
        assert values(parse(data, 1, 7, [(7, 0)])) == [b"value-6"]
        assert values(parse(data, 1, 7)) == [b"value-%d" % number for number in (1, 2, 3, 4, 6)]

    def test_what_is_aborted_is_not_even_inflated(self) -> None:
        flags = LOG_APPEND_TIME | TRANSACTIONAL
        data = batch(some(0, 1), flags=flags, codec=ZSTD, payload=b"nothing of the kind", producer_id=7) + marker(1, 7, ABORT)
        assert parse(data, 0, 2, [(7, 0)]).records == []

    def test_a_marker_that_cannot_be_read_is_a_place(self) -> None:
        broken = bytearray(marker(0, 7, ABORT))
        broken[61] = 1
        (place,) = parse(sealed(broken, 0), 0, 1).records
        assert isinstance(place, UnreadableBatch)
