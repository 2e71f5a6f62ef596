"""Where a record belongs: a member's documents meet in one partition (spec 1.3).

Clients differ in how they hash a key, so that the key alone proves nothing: a record is in its place when the hash of its member's
id gives its partition.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from broker.wire.records import Headers

# When a document was first received, epoch ms as decimal text: set where a record is written again (re-keyed, resent, replayed).
RECEIVED_HEADER: Final = "tidemark-received-ms"
# Which line of the files a record is, from 0: set on each by `tidemark replay`.
LINE_HEADER: Final = "tidemark-line"
# Where a record that was written again came from: topic/partition/offset.
SOURCE_HEADER: Final = "tidemark-source"


_SEED: Final = 0x9747B28C
_FACTOR: Final = 0x5BD1E995
_32_BITS: Final = 0xFFFFFFFF
_WORDS: Final = Struct("<I")


def line_of(headers: Headers) -> int:
    """Which line of the files a record of a replay is. Raises ValueError where it is none."""
    for name, value in headers:
        if name == LINE_HEADER and value is not None:
            return int(value)
    raise ValueError("a record without a line: somebody else has written to the topics of a replay")


def partition_of(member_id: str, partitions: int) -> int:
    """The partition of a member, as Kafka's own clients choose it for the key (murmur2)."""
    return (murmur2(member_id.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """A hash of 32 bits (A. Appleby), with the seed of Kafka's clients. aiokafka's own takes twice as long."""
    length, factor, bits = len(data), _FACTOR, _32_BITS
    whole = length & ~3
    found = _SEED ^ length
    for (word,) in _WORDS.iter_unpack(data[:whole]):
        word = word * factor & bits
        found = (found * factor ^ (word ^ word >> 24) * factor) & bits
    if length > whole:
        found = (found ^ int.from_bytes(data[whole:], "little")) * factor & bits
    found = (found ^ found >> 13) * factor & bits
    return found ^ found >> 15
