"""The rulebook of records of the definitions topic, as a worker reads them."""

from __future__ import annotations

from collections.abc import Sequence

from broker.wire.records import Record
from rules.rulebook.rulebook import Rulebook
from streams.definitions import Versions


def rulebook_of_records(records: Sequence[tuple[int, bytes, bytes]]) -> Rulebook:
    """Of timestamp, key and value of each."""
    versions = Versions()
    versions.take([Record(offset, timestamp_ms, key, value, []) for offset, (timestamp_ms, key, value) in enumerate(records)])
    assert not versions.unreadable
    return Rulebook(versions)
