"""Documents written again where their member's documents meet, and taken there once (spec 1.3).

They are written before the turn that read them is committed, so after a crash, or by a worker that slept through the loss of its
partitions, they may be written twice. But each partition's are written in the order of their offsets: what does not come after the last
one that was taken from there was taken before.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from agents.fold.incoming import Incoming, source_of
from broker.wire.records import Headers
from streams.routing import RECEIVED_HEADER, SOURCE_HEADER
from streams.topics import REKEYED, SOURCES
from tables.partition import PartitionTable

# An offset has 63 bits.
_OFFSET_DIGITS: Final = 19
# Headers of others' go along up to here: with more of them, compressed as they came, a document would outgrow its topic.
_HEADERS_BYTES: Final = 64 * 1024


class Rekeyed(NamedTuple):
    """A record to be written again, where its member's documents meet."""

    topic: str
    partition: int
    key: bytes
    value: bytes
    headers: Headers


def rekeyed(incoming: Incoming, from_partition: int, partition: int, member_id: str, received_ms: int) -> Rekeyed:
    """The document for another partition, with when and where it first came."""
    record = incoming.record
    assert record.value is not None
    headers: Headers = [header for header in record.headers if header[0] not in (RECEIVED_HEADER, SOURCE_HEADER)]
    if sum(len(name) + len(value or b"") for name, value in headers) > _HEADERS_BYTES:
        headers = []
    headers.append((RECEIVED_HEADER, b"%d" % received_ms))
    headers.append((SOURCE_HEADER, source_of(incoming, from_partition).encode()))
    return Rekeyed(REKEYED, partition, member_id.encode(), record.value, headers)


def taken_before(incoming: Incoming, table: PartitionTable, partitions: int) -> bool:
    """Whether a record of `orders.rekeyed` was taken before; if not, it is now. What does not say where it came from was not."""
    topic, _, place = source_of(incoming, table.partition).partition("/")
    partition, _, offset = place.partition("/")
    if topic not in SOURCES or topic == REKEYED or not (partition.isdecimal() and offset.isdecimal()):
        return False
    if len(offset) > _OFFSET_DIGITS or int(partition) >= partitions:
        return False
    source = f"{topic}/{int(partition)}"
    if int(offset) <= table.rekeyed_through.get(source, -1):
        return True
    table.rekeyed_through[source] = int(offset)
    return False
