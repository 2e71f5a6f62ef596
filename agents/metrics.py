"""Every figure that a worker shows, in one place."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from prometheus_client import Counter, Gauge, Histogram

from broker.wire.batches import ByTopic

DOCUMENTS = Counter("tidemark_documents_total", "Documents folded")
TURNS = Counter("tidemark_turns_total", "Turns sealed, of one partition each")
PUBLISHED = Counter("tidemark_published_total", "Records published", ["topic"])
COMMITTED_BYTES = Counter("tidemark_committed_bytes_total", "Bytes of changelog batches")
TURN_SECONDS = Histogram(
    "tidemark_turn_seconds",
    "From a turn folded to its commit acknowledged",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
)
PARTITIONS = Gauge("tidemark_partitions", "Partitions that this worker owns")
MEMBERS = Gauge("tidemark_members", "Members known in a partition", ["partition"])
DELIVERED = Counter("tidemark_delivered_total", "What a sink took for the first time", ["sink"])
SINK_UP = Gauge("tidemark_sink_up", "1 while a sink takes what it is given, 0 while it is waited for", ["sink"])
SINK_RETRIES = Counter("tidemark_sink_retries_total", "Times that a sink was found down", ["sink"])
DEFINITIONS = Gauge("tidemark_definitions", "Versions of definitions that this worker has read")
DEFINITIONS_LEFT_OUT = Gauge(
    "tidemark_definitions_left_out", "Of these, and of records that are none, those not judged by: see the log"
)


def count_outputs(turns: Iterable[ByTopic]) -> None:
    """Adds what was published of these turns to the counters of its topics."""
    counts: dict[str, int] = {}
    for by_topic in turns:
        for topic, listed in by_topic.items():
            counts[topic] = counts.get(topic, 0) + len(listed)
    for topic, count in counts.items():
        _published(topic).inc(count)


@cache
def _published(topic: str) -> Counter:
    return PUBLISHED.labels(topic)
