"""How long a worker takes to have its members back, without their orders and with them, and what both hold in memory."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
from benchmarks.process_figures import cpu_seconds, peak_bytes, resident_bytes
from benchmarks.sections import Result
from benchmarks.topics import PARTITIONS, GiftReader, delete_all
from benchmarks.worker import running

MEMBERS = 1_000_000
QUICK_MEMBERS = 100_000
# Of these, fewer: their orders are what is measured.
SHOPPERS = 50_000
QUICK_SHOPPERS = 5_000
ORDERS_A_SHOPPER = 40


@dataclass(frozen=True, slots=True)
class Start:
    """A worker's start: seconds from being assigned the partitions to having taken the last of them, its CPU until then and since it was
    started, and its memory after it.
    """

    seconds: float
    cpu_seconds: float
    resident_bytes: int
    peak_bytes: int


def recovery(bench: Bench) -> Result:
    """Pairs of starts, on an empty changelog, for the memory that members have nothing to do with, and on a full one."""
    members = QUICK_MEMBERS if bench.quick else MEMBERS
    shoppers = QUICK_SHOPPERS if bench.quick else SHOPPERS
    pairs = []
    with_orders = []
    for number in range(bench.rounds):
        empty, full, shopped = _start(bench, 0), _start(bench, members), _start(bench, shoppers, ORDERS_A_SHOPPER)
        bench.say(f"round {number + 1}: {members:,} members back after {full.seconds:.2f} s")
        bench.say(f"round {number + 1}: {shoppers * ORDERS_A_SHOPPER:,} orders back after {shopped.seconds:.2f} s")
        pairs.append((empty, full))
        with_orders.append((empty, shopped))
    return Result([_of_members(members, pairs), _of_orders(shoppers, with_orders)])


def _of_members(members: int, pairs: Sequence[tuple[Start, Start]]) -> Table:
    rows = [
        ["members", f"{members:,}"],
        ["recovery, s", spread([full.seconds for _, full in pairs]).text(2)],
        ["members recovered a second", spread([members / full.seconds for _, full in pairs]).text()],
        ["bytes an idle member", spread([(full.resident_bytes - empty.resident_bytes) / members for empty, full in pairs]).text()],
        ["peak memory, MB", spread([full.peak_bytes / 2**20 for _, full in pairs]).text()],
    ]
    return Table(f"Recovery of {PARTITIONS} partitions", ["", "median [least-most]"], rows)


def _of_orders(shoppers: int, pairs: Sequence[tuple[Start, Start]]) -> Table:
    orders = shoppers * ORDERS_A_SHOPPER
    rows = [
        ["members, and orders of each", f"{shoppers:,}, {ORDERS_A_SHOPPER}"],
        ["recovery, s", spread([full.seconds for _, full in pairs]).text(2)],
        ["CPU an order, us", spread([(full.cpu_seconds - empty.cpu_seconds) / orders * 1e6 for empty, full in pairs]).text(2)],
        ["bytes an order", spread([(full.resident_bytes - empty.resident_bytes) / orders for empty, full in pairs]).text()],
        ["peak memory, bytes an order", spread([(full.peak_bytes - empty.peak_bytes) / orders for empty, full in pairs]).text()],
    ]
    return Table("Recovery with orders", ["", "median [least-most]"], rows)


def _start(bench: Bench, members: int, orders_a_member: int = 0) -> Start:
    prefix = bench.fresh_prefix()
    TIDEMARK.prepare(bench.brokers, prefix)
    if members:
        fill_changelog(bench.brokers, prefix, members, orders_a_member)
    reader = GiftReader(bench.brokers, prefix)
    log = BUILD / f"{prefix}log"
    try:
        with running(TIDEMARK.command(), TIDEMARK.environment(bench.brokers, prefix), log) as worker:
            await_ready(worker, bulk_producer(bench.brokers), reader, prefix, bench.until)
            used = cpu_seconds(worker.pid), resident_bytes(worker.pid), peak_bytes(worker.pid)
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
