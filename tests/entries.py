"""Records that are to be written, as whoever reads them has them."""

from __future__ import annotations

from collections.abc import Sequence

from broker.wire.batches import Entry, build
from broker.wire.parse import parse
from broker.wire.records import Record


def read_back(entries: Sequence[Entry]) -> list[Record]:
    """From a batch of them."""
    return parse(build(entries, 0).data, 0, len(entries)).records
