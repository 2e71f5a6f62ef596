"""How long a worker takes to have a million members back, and what an idle one holds in memory."""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.bench import Bench
from benchmarks.canaries import await_ready
from benchmarks.changelog_filler import fill_changelog
from benchmarks.engines import TIDEMARK
from benchmarks.feed import bulk_producer
from benchmarks.figures import Table, spread
from benchmarks.places import BUILD
from benchmarks.process_figures import peak_bytes, resident_bytes
from benchmarks.sections import Result
from benchmarks.topics import GiftReader, delete_all
from benchmarks.worker import running

MEMBERS = 1_000_000
QUICK_MEMBERS = 100_000


@dataclass(frozen=True, slots=True)
class Start:
    """A worker's start: seconds until it has answered on every partition, and its memory then."""

    seconds: float
    resident_bytes: int
    peak_bytes: int


def recovery(bench: Bench) -> Result:
    """Pairs of starts, on an empty changelog and on a full one: what lies between is the recovery."""
    members = QUICK_MEMBERS if bench.quick else MEMBERS
    pairs = []
    for number in range(bench.rounds):
        empty, full = _start(bench, 0), _start(bench, members)
        bench.say(f"round {number + 1}: ready after {empty.seconds:.2f} s empty, {full.seconds:.2f} s with {members:,} members")
        pairs.append((empty, full))
    took = [full.seconds - empty.seconds for empty, full in pairs]
    rows = [
        ["members", f"{members:,}"],
        ["recovery, s", spread(took).text(2)],
        ["members recovered a second", spread([members / each for each in took]).text()],
        ["bytes an idle member", spread([(full.resident_bytes - empty.resident_bytes) / members for empty, full in pairs]).text()],
        ["peak memory, MB", spread([full.peak_bytes / 2**20 for _, full in pairs]).text()],
    ]
    return Result([Table("Recovery, against a start on an empty changelog", ["", "median [least-most]"], rows)])


def _start(bench: Bench, members: int) -> Start:
    prefix = bench.fresh_prefix()
    TIDEMARK.prepare(bench.brokers, prefix)
    if members:
        fill_changelog(bench.brokers, prefix, members)
    reader = GiftReader(bench.brokers, prefix)
    began = time.monotonic()
    try:
        with running(TIDEMARK.command(), TIDEMARK.environment(bench.brokers, prefix), BUILD / f"{prefix}log") as worker:
            await_ready(worker, bulk_producer(bench.brokers), reader, prefix, bench.until)
            return Start(time.monotonic() - began, resident_bytes(worker.pid), peak_bytes(worker.pid))
    finally:
        reader.close()
        delete_all(bench.brokers, prefix)
