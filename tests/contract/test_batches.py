"""Our record batches beside aiokafka's own: byte for byte the same, and read back as they were."""

from __future__ import annotations

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import example, given
from hypothesis import strategies as st

from broker.wire.batches import build, encode_headers, entry
from broker.wire.parse import parse
from broker.wire.records import Headers

Listed = list[tuple[bytes | None, bytes | None, Headers]]

# Lengths on both sides of where they take a byte more.
BYTES = st.none() | st.binary(max_size=9) | st.integers(60, 70).map(bytes) | st.integers(8_180, 8_200).map(bytes)
HEADERS = st.lists(st.tuples(st.text(max_size=9), BYTES), max_size=4)
TIMES = st.integers(0, 2**43)


def theirs(listed: Listed, timestamp_ms: int, producer_id: int, epoch: int, sequence: int) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, 0, producer_id, epoch, sequence, 2**31 - 1)
    for number, (key, value, headers) in enumerate(listed):
        builder.append(number, timestamp_ms, key, value, headers)
    return bytes(builder.build())


@given(
    st.lists(st.tuples(BYTES, BYTES, HEADERS), min_size=1, max_size=90),
    TIMES,
    st.integers(-1, 2**62),
    st.integers(-1, 2**15 - 1),
    st.integers(-1, 2**31 - 1),
)
@example([(None, bytes(2_000_000), [])], 1, 1, 1, 1)
@example([(b"k", b"v", [("h", b"x")])] * 20_000, 1, 1, 1, 1)
def test_they_are_those_of_aiokafka_and_are_read_back(
    listed: Listed, timestamp_ms: int, producer_id: int, epoch: int, sequence: int
) -> None:
    batch = build(
        [entry(key, value, encode_headers(headers)) for key, value, headers in listed], timestamp_ms, producer_id, epoch, sequence
    )
    assert batch.data == theirs(listed, timestamp_ms, producer_id, epoch, sequence)
    assert batch.records == len(listed)
    parsed = parse(batch.data, 0, len(listed))
    assert [(record.key, record.value, list(record.headers)) for record in parsed.records] == listed
    assert parsed.next_offset == len(listed)
