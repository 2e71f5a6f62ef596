"""Batches are put together in columns where they are large, and record by record where they are not: what is read back is the same."""

from __future__ import annotations

import pytest

from broker.wire.batches import NO_HEADERS, SMALL, build, entry
from broker.wire.parse import parse


@pytest.mark.parametrize("count", [1, 8, 9, 63, 64, 65, 72, 73, 200, SMALL, SMALL + 3])
@pytest.mark.parametrize("large_at", [None, 0, -1, -9])
def test_a_batch_of_any_size_is_read_back(count: int, large_at: int | None) -> None:
    written = [(b"k%d" % at, bytes(at % 150)) for at in range(count)]
    if large_at is not None:
        written[large_at % count] = (b"large", bytes(3 * SMALL))
    batch = build([entry(key, value, NO_HEADERS) for key, value in written], 5)
    found = parse(batch.data, 0, count)
    assert batch.records == count
    assert [(record.key, record.value) for record in found.records] == written
    assert [record.offset for record in found.records] == list(range(count))


def test_entries_of_every_length_around_the_longest_in_columns_are_read_back() -> None:
    written = [(b"k", bytes(length)) for length in range(SMALL - 40, SMALL + 8)]
    for first in range(len(written) - 12):
        some = written[first : first + 12]
        found = parse(build([entry(key, value, NO_HEADERS) for key, value in some], 5).data, 0, len(some))
        assert [(record.key, record.value) for record in found.records] == some
