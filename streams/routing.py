"""Where a record belongs: a member's documents meet in one partition (spec 1.3).

Clients differ in how they hash a key, so that the key alone proves nothing: a record is in its place when the hash of its member's
id gives its partition.
"""

from __future__ import annotations

from aiokafka.partitioner import murmur2

# When a document was first received, epoch ms as decimal text: set where a record is written again (re-keyed, resent, replayed).
RECEIVED_HEADER = "tidemark-received-ms"
# The time by the documents' own clock, epoch ms: set on each record by `tidemark replay`.
CLOCK_HEADER = "tidemark-clock-ms"
# Where a record that was written again came from: topic/partition/offset.
SOURCE_HEADER = "tidemark-source"


def partition_of(member_id: str, partitions: int) -> int:
    """The partition of a member, as Kafka's own clients choose it for the key (murmur2)."""
    return int(murmur2(member_id.encode()) & 0x7FFFFFFF) % partitions
