"""Every figure that a worker shows: its name, its labels, its unit and what it means, in one table (docs/operations.md lists it)."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from prometheus_client import Counter, Gauge, disable_created_metrics

from agents.tallies import Durations, Tally
from broker.wire.batches import ByTopic

# A series more for each counter, which says when it began: a restart shows in the process's own start time.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Figure(NamedTuple):
    """A row of the table."""

    name: str
    kind: str
    labels: tuple[str, ...]
    unit: str
    meaning: str


FIGURES: list[Figure] = []


def _row(name: str, kind: str, unit: str, meaning: str, labels: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    FIGURES.append(Figure(name, kind, labels, unit, meaning))
    return name, meaning, labels


def _counter(name: str, unit: str, meaning: str, *labels: str) -> Counter:
    return Counter(*_row(name, "counter", unit, meaning, labels))


def _tally(name: str, unit: str, meaning: str, *labels: str) -> Tally:
    return Tally(*_row(name, "counter", unit, meaning, labels))


def _gauge(name: str, unit: str, meaning: str, *labels: str) -> Gauge:
    return Gauge(*_row(name, "gauge", unit, meaning, labels))


BUILD = _gauge(
    "tidemark_build_info", "1", "which release runs, on which Python, and whether compiled", "version", "python", "compiled"
)
READY = _gauge("tidemark_ready", "0 or 1", "whether `/readyz` says so")

PARTITIONS = _gauge("tidemark_partitions", "partitions", "taken over, and ours")
PARTITION_STATE = _gauge(
    "tidemark_partition_state", "0 or 1", "1 for the state that it is in: assigned, taking_over or ready", "partition", "state"
)
MEMBERS = _gauge("tidemark_members", "members", "known in a partition", "partition")
RECORDS_BEHIND = _gauge("tidemark_records_behind", "records", "that stand on the sources and are not folded", "partition")
SECONDS_BEHIND = _gauge(
    "tidemark_seconds_behind",
    "seconds",
    "since the broker took the oldest record that waits to be folded; 0 where none waits",
    "partition",
)

DOCUMENTS = _tally("tidemark_documents_total", "documents", "folded, by the topic that they came on", "feed")
REKEYED = _counter(
    "tidemark_rekeyed_total",
    "documents",
    "of these, sent on to their member's partition: the feed's key is not the member's id",
    "feed",
)
LOOKED_AGAIN = _counter(
    "tidemark_looked_again_total", "documents", "that are not of the strict form, and so were looked at twice", "feed"
)
PASSED_OVER = _counter("tidemark_passed_over_total", "documents", "that ask for nothing: voided, or training", "feed", "why")
REFUSED = _counter(
    "tidemark_dead_letters_total",
    "documents",
    "that could not be taken, by the feed that they first came on and by reason (docs/formats.md)",
    "feed",
    "reason",
)
UNKNOWN_WORDS = _counter(
    "tidemark_unknown_words_total", "words", "that nobody knows, by field; each is logged once (`unknown_word`)", "field"
)
TURNS = _tally("tidemark_turns_total", "turns", "sealed, of one partition each")
TURN_SECONDS = Durations(
    *_row("tidemark_turn_seconds", "histogram", "seconds", "from a turn folded to its commit acknowledged", ())[:2],
    (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0),
)
COMMITTED_BYTES = _tally("tidemark_committed_bytes_total", "bytes", "of changelog batches")
PUBLISHED = _tally("tidemark_published_total", "records", "published, by topic", "topic")
FETCH_RETRIES = _counter("tidemark_fetch_retries_total", "fetches", "that a broker did not answer, or answered with an error")

DEFINITIONS = _gauge("tidemark_definitions", "versions", "of definitions that this worker has read")
DEFINITIONS_LEFT_OUT = _gauge(
    "tidemark_definitions_left_out", "versions", "of these, and records that are none, that are not judged by: see the log"
)
DEFINITIONS_AGE = _gauge(
    "tidemark_definitions_age_seconds", "seconds", "since the definitions were last known to be read to their end"
)

DELIVERED = _counter("tidemark_delivered_total", "outputs", "that a sink took for the first time", "sink")
SINK_UP = _gauge("tidemark_sink_up", "0 or 1", "1 while a sink takes what it is given, 0 while it is waited for", "sink")
SINK_RETRIES = _counter("tidemark_sink_retries_total", "times", "that a sink was found down", "sink")


def forget_partition(partition: int) -> None:
    """Shows no more of a partition: it is another worker's."""
    for figure in (MEMBERS, RECORDS_BEHIND, SECONDS_BEHIND, PARTITION_STATE):
        figure.remove_by_labels({"partition": str(partition)})


def count_outputs(outputs: ByTopic) -> None:
    """Adds what was published of a turn to the counters of its topics."""
    counts = PUBLISHED.counts
    for place, listed in outputs.items():
        counts[place] += len(listed)


def count_documents(feed: str, count: int) -> None:
    """Adds documents that were folded to the counter of the topic that they came on."""
    DOCUMENTS.counts[feed] += count


def count_turns(number: int) -> None:
    """Adds turns that were sealed."""
    TURNS.counts[""] += number


def count_committed(size_bytes: int) -> None:
    """Adds a turn's batch to the bytes committed."""
    COMMITTED_BYTES.counts[""] += size_bytes


def count_rekeyed(feed: str) -> None:
    """Counts one that was sent on."""
    _rekeyed(feed).inc()


@cache
def _rekeyed(feed: str) -> Counter:
    return REKEYED.labels(feed)


@cache
def refusals(feed: str, reason: str) -> Counter:
    """The counter of documents that could not be taken, of a feed and for a reason: to ask for it anew takes longer than to count."""
    return REFUSED.labels(feed, reason)
