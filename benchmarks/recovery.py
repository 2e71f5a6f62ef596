"""A worker's start on state that is there: how long until it has its members and orders back, and what they hold in memory."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.canaries import await_ready
from benchmarks.changelog_filler import PATTERN_MEMBERS, PATTERN_ORDERS, fill_changelog
from benchmarks.engines import FULL_RULES_DEFINITIONS, FULL_RULES_JVM, IN_MEMORY, ROCKSDB, TIDEMARK, Engine
from benchmarks.feed import bulk_producer
from benchmarks.java import classpath
from benchmarks.load import Shape, documents
from benchmarks.places import BUILD, STREAMS_STATE
from benchmarks.process_figures import cpu_seconds, peak_bytes, resident_bytes
from benchmarks.topics import PARTITIONS, GiftReader, delete_all
from benchmarks.worker import running

FILLER = "tidemark.benchmarks.fullrules.Filler"
_ASSIGNED = "State transition from STARTING to PARTITIONS_ASSIGNED"
_RUNNING = "State transition from REBALANCING to RUNNING"
_RESTORED = re.compile(r"restored (\w+) \d+ (\d+)$")


@dataclass(frozen=True, slots=True)
class Start:
    """A worker's start: seconds from being assigned the partitions to having taken the last of them, its CPU since it was started,
    and its memory after it.
    """

    seconds: float
    cpu_seconds: float
    resident_bytes: int
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Recovering:
    """How an engine's state is put where it keeps it (topics prefix, members, orders of each), and how its log says that it has so
    many members and orders back: the seconds that it took.
    """

    engine: Engine
    fill: Callable[[Bench, str, int, int], None]
    seconds_taken: Callable[[Path, int, int], float]

    def start(self, bench: Bench, members: int, orders_a_member: int = 0) -> Start:
        """One start. Raises RuntimeError when not all came back."""
        prefix = bench.fresh_prefix()
        self.engine.prepare(bench.brokers, prefix)
        if members:
            self.fill(bench, prefix, members, orders_a_member)
        reader = GiftReader(bench.brokers, prefix)
        log = BUILD / f"{prefix}log"
        try:
            with running(self.engine.command(), self.engine.environment(bench.brokers, prefix), log) as worker:
                await_ready(worker, bulk_producer(bench.brokers), reader, prefix, bench.until)
                used = cpu_seconds(worker.pid), resident_bytes(worker.pid), peak_bytes(worker.pid)
        finally:
            reader.close()
            delete_all(bench.brokers, prefix)
        return Start(self.seconds_taken(log, members, members * orders_a_member), *used)


def _fill_tidemark(bench: Bench, prefix: str, members: int, orders_a_member: int) -> None:
    fill_changelog(bench.brokers, prefix, members, orders_a_member)


def _tidemark_taken(log: Path, members: int, orders: int) -> float:
    """What the worker's log says. Raises RuntimeError when it has not taken all partitions once, and these members with them."""
    entries = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    (assigned,) = [entry for entry in entries if entry["event"] == "partitions_assigned"]
    taken = [entry for entry in entries if entry["event"] == "partition_taken"]
    if len(taken) != PARTITIONS or sum(entry["members"] for entry in taken) != members:
        raise RuntimeError(f"the worker did not take {PARTITIONS} partitions with {members:,} members: see {log}")
    return _between(assigned["timestamp"], taken[-1]["timestamp"])


def _fill_streams(bench: Bench, prefix: str, members: int, orders_a_member: int) -> None:
    """By the peer's own classes, on the broker's core and any other; with the orders that leave Tidemark's members behind."""
    load = documents(Shape(bench.until, members=PATTERN_MEMBERS), PATTERN_ORDERS)
    lines = BUILD / "pattern-orders.tsv"
    lines.write_text("".join(f"{each.feed}\t{each.member_id}\t{each.value.decode()}\n" for each in load))
    where = [bench.brokers, prefix, str(PARTITIONS), str(FULL_RULES_DEFINITIONS), str(STREAMS_STATE / "filler"), str(lines)]
    command = ["java", *FULL_RULES_JVM, "-cp", classpath(), FILLER, *where, str(members), str(orders_a_member)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"the changelogs could not be filled:\n{run.stdout}{run.stderr[-2_000:]}")


def _streams_taken(log: Path, members: int, orders: int) -> float:
    """What Kafka Streams' log says. Raises RuntimeError when another number of records came back than was there."""
    lines = log.read_text().splitlines()
    restored: Counter[str] = Counter()
    for line in lines:
        if found := _RESTORED.search(line):
            restored[found[1]] += int(found[2])
    # Every other order is known by a second key.
    if (restored["members"], restored["orders"]) != (members, orders + orders // 2):
        raise RuntimeError(f"{dict(restored)} records came back instead of {members:,} members and {orders:,} orders: see {log}")
    assigned, has_all = (next(line for line in lines if words in line) for words in (_ASSIGNED, _RUNNING))
    return _between(assigned.split()[0], has_all.split()[0])


def _between(began: str, ended: str) -> float:
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


OURS = Recovering(TIDEMARK, _fill_tidemark, _tidemark_taken)
PEERS = tuple(Recovering(engine, _fill_streams, _streams_taken) for engine in (IN_MEMORY, ROCKSDB))
