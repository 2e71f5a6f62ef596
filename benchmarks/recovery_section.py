"""How long a worker takes to have a million members back, and what an idle one holds in memory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.canaries import await_ready
from benchmarks.changelog_filler import fill_changelog
from benchmarks.engines import TIDEMARK
from benchmarks.feed import bulk_producer
from benchmarks.figures import Table, spread
from benchmarks.places import BUILD
from benchmarks.process_figures import peak_bytes, resident_bytes
from benchmarks.sections import Result
from benchmarks.topics import PARTITIONS, GiftReader, delete_all
from benchmarks.worker import running

MEMBERS = 1_000_000
QUICK_MEMBERS = 100_000


@dataclass(frozen=True, slots=True)
class Start:
    """A worker's start: seconds from being assigned the partitions to having taken the last of them, and its memory after it."""

    seconds: float
    resident_bytes: int
    peak_bytes: int


def recovery(bench: Bench) -> Result:
    """Pairs of starts, on an empty changelog, for the memory that members have nothing to do with, and on a full one."""
    members = QUICK_MEMBERS if bench.quick else MEMBERS
    pairs = []
    for number in range(bench.rounds):
        empty, full = _start(bench, 0), _start(bench, members)
        bench.say(f"round {number + 1}: {members:,} members back after {full.seconds:.2f} s")
        pairs.append((empty, full))
    rows = [
        ["members", f"{members:,}"],
        ["recovery, s", spread([full.seconds for _, full in pairs]).text(2)],
        ["members recovered a second", spread([members / full.seconds for _, full in pairs]).text()],
        ["bytes an idle member", spread([(full.resident_bytes - empty.resident_bytes) / members for empty, full in pairs]).text()],
        ["peak memory, MB", spread([full.peak_bytes / 2**20 for _, full in pairs]).text()],
    ]
    return Result([Table(f"Recovery of {PARTITIONS} partitions", ["", "median [least-most]"], rows)])


def _start(bench: Bench, members: int) -> Start:
    prefix = bench.fresh_prefix()
    TIDEMARK.prepare(bench.brokers, prefix)
    if members:
        fill_changelog(bench.brokers, prefix, members)
    reader = GiftReader(bench.brokers, prefix)
    log = BUILD / f"{prefix}log"
    try:
        with running(TIDEMARK.command(), TIDEMARK.environment(bench.brokers, prefix), log) as worker:
            await_ready(worker, bulk_producer(bench.brokers), reader, prefix, bench.until)
            used = resident_bytes(worker.pid), peak_bytes(worker.pid)
    finally:
        reader.close()
        delete_all(bench.brokers, prefix)
    return Start(_seconds_taken(log, members), *used)


def _seconds_taken(log: Path, members: int) -> float:
    """What the worker's log says. Raises RuntimeError when it has not taken all partitions once, and these members with them."""
    entries = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    (assigned,) = [entry for entry in entries if entry["event"] == "partitions_assigned"]
    taken = [entry for entry in entries if entry["event"] == "partition_taken"]
    if len(taken) != PARTITIONS or sum(entry["members"] for entry in taken) != members:
        raise RuntimeError(f"the worker did not take {PARTITIONS} partitions with {members:,} members: see {log}")
    began, ended = (datetime.fromisoformat(entry["timestamp"]) for entry in (assigned, taken[-1]))
    return (ended - began).total_seconds()
