"""What comes of very many members at one instant, beside orders at a steady pace: how long it takes, and what the orders notice of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.at_once.many import put_many
from benchmarks.at_once.scenario import Json, Scenario
from benchmarks.at_once.told import Told
from benchmarks.at_once.zone import write_zone
from benchmarks.bench import Bench
from benchmarks.canaries import await_ready
from benchmarks.engines import Tidemark
from benchmarks.feed import bulk_producer
from benchmarks.figures import Table
from benchmarks.flow import Flow, run_flow
from benchmarks.load import Shape
from benchmarks.places import BUILD, DEFINITIONS
from benchmarks.process_figures import cpu_seconds
from benchmarks.sections import Result
from benchmarks.topics import GiftReader, delete_all
from benchmarks.worker import running

MEMBERS = 1_000_000
QUICK_MEMBERS = 50_000
# Another number of members, to find out how it grows.
MEMBERS_VARIABLE = "BENCH_MEMBERS"
RATE = 1_000
# The orders flow so long before the instant, and after it.
BEFORE_SECONDS = 20
AFTER_SECONDS = 60
QUICK_AFTER_SECONDS = 15
# Not counted: the first orders after a start.
WARM_SECONDS = 5
# Until the topics are made and the worker is ready, and until it has folded a million documents, at most.
READY_SECONDS = 90
FOLD_SECONDS = 150
_COLUMNS = [
    "of members at one instant",
    "all done after, s",
    "members/s",
    "worker's CPU with the orders, s",
    "p50/p99 before, ms",
    "p50/p99 meanwhile",
    "and after",
]


@dataclass(frozen=True)
class _Zoned(Tidemark):
    """Tidemark, where the zone of the benchmarks is found."""

    zone: Mapping[str, str] = field(default_factory=dict)

    def environment(self, brokers: str, prefix: str) -> dict[str, str]:
        return {**super().environment(brokers, prefix), **self.zone}


def at_once(bench: Bench, title: str, *scenarios: Scenario) -> Result:
    """Each scenario by itself, a row."""
    rows = []
    for scenario in scenarios:
        bench.say(f"{scenario.name}: members are made ready")
        rows.append(_measure(bench, scenario))
    return Result([Table(f"{title}, beside {RATE:,} orders/s", ["", *_COLUMNS], rows)])


def _measure(bench: Bench, scenario: Scenario) -> list[str]:
    members = int(os.environ.get(MEMBERS_VARIABLE, QUICK_MEMBERS if bench.quick else MEMBERS))
    after_seconds = QUICK_AFTER_SECONDS if bench.quick else AFTER_SECONDS
    seconds = READY_SECONDS + FOLD_SECONDS * members / MEMBERS + BEFORE_SECONDS
    instant = (datetime.now(UTC) + timedelta(seconds=seconds)).replace(microsecond=0)
    prefix = bench.fresh_prefix()
    folder = BUILD / f"{prefix}definitions"
    _write_definitions(folder, scenario.definitions(instant))
    engine = _Zoned("Tidemark", definitions=folder, zone=write_zone(BUILD / f"{prefix}zones", instant))
    engine.prepare(bench.brokers, prefix)
    documents = bench.load(Shape(bench.until, duplicates=0, refunds=0), RATE * (BEFORE_SECONDS + after_seconds))
    reader = GiftReader(bench.brokers, prefix)
    try:
        with running(engine.command(), engine.environment(bench.brokers, prefix), BUILD / f"{prefix}log") as worker:
            await_ready(worker, bulk_producer(bench.brokers), reader, prefix, bench.until)
            put_many(bench.brokers, prefix, scenario, members, instant, worker)
            _change(engine, bench.brokers, prefix, folder, scenario.changed(instant), instant)
            told = Told(bench.brokers, prefix, scenario.told_on)
            _sleep_until(instant - timedelta(seconds=BEFORE_SECONDS), members)
            begun = time.perf_counter() + instant.timestamp() - time.time()
            used = cpu_seconds(worker.pid)
            flow = run_flow(bench.brokers, prefix, documents, RATE, watched=False)
            took = told.last_of(members // scenario.one_in, worker) - instant.timestamp()
            used = cpu_seconds(worker.pid) - used
            told.close()
        _read_gifts(reader, flow)
    finally:
        reader.close()
        delete_all(bench.brokers, prefix)
    before, during, later = _percentiles(flow, begun, begun + took)
    return [scenario.name, f"{members:,}", f"{took:.1f}", f"{members / took:,.0f}", f"{used:.1f}", before, during, later]


def _write_definitions(folder: Path, own: Mapping[str, Json]) -> None:
    """The benchmarks' definitions, and the scenario's beside or in place of them."""
    shutil.copytree(DEFINITIONS, folder)
    for name, document in own.items():
        # JSON is YAML.
        (folder / name).write_text(json.dumps(document))


def _change(engine: Tidemark, brokers: str, prefix: str, folder: Path, changed: Mapping[str, Json], instant: datetime) -> None:
    """Publishes what comes to hold at the instant."""
    if not changed:
        return
    for name, document in changed.items():
        (folder / name).write_text(json.dumps(document))
    command = [engine.command()[0], "publish", str(folder), "--existing-at", instant.isoformat()]
    run = subprocess.run(command, env=engine.environment(brokers, prefix), capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"tidemark publish ended with {run.returncode}:\n{run.stdout}{run.stderr}")


def _sleep_until(time_: datetime, members: int) -> None:
    idle = time_.timestamp() - time.time()
    if idle < 0:
        raise RuntimeError(f"making {members:,} members ready took {-idle:.0f} s longer than was thought")
    time.sleep(idle)


def _read_gifts(reader: GiftReader, flow: Flow) -> None:
    """When the broker had each order's gift, read afterwards: a reader would take the broker's core meanwhile, and among what comes of the
    many may be gifts, too.
    """
    ahead = time.time() - time.perf_counter()
    for gift in reader.read():
        sent = flow.sent.get(gift.grant.order_id or "")
        if sent is not None:
            flow.gifts.append((sent, gift.appended_ms / 1000 - ahead))


def _percentiles(flow: Flow, begin: float, end: float) -> Sequence[str]:
    """p50/p99 in ms of the orders sent before, between and after two times of time.perf_counter."""
    parts: tuple[list[float], list[float], list[float]] = ([], [], [])
    for sent, came in flow.gifts:
        if sent - flow.began >= WARM_SECONDS:
            parts[0 if sent < begin else 1 if sent < end else 2].append(1000 * (came - sent))
    said = []
    for part in parts:
        part.sort()
        said.append(f"{part[len(part) // 2]:.1f}/{part[len(part) * 99 // 100]:.1f}" if part else "-")
    return said
