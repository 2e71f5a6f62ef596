"""How many orders an engine takes a second, what worker CPU an order costs, and how much memory it takes.

The worker starts on empty topics and shows with canaries that it has them all. Then it is stopped (SIGSTOP) while the load piles
up, and continued: the clock runs from there to the broker's stamp of the last gift. So no start-up counts, and the load generator
does not share the machine with what is measured; the same for every engine.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from benchmarks.bench import Bench
from benchmarks.canaries import CANARY, await_ready
from benchmarks.engines import Engine
from benchmarks.feed import bulk_producer, pile_up
from benchmarks.load import Document
from benchmarks.places import BUILD
from benchmarks.process_figures import cpu_seconds, peak_bytes
from benchmarks.progress import rates
from benchmarks.topics import Gift, GiftReader, Identity, delete_all
from benchmarks.worker import Worker, running

POLL_SECONDS = 0.1
# No gift for so long: there will be no more.
STALLED_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Run:
    """One engine's figures of one round."""

    orders_per_second: float
    warm_orders_per_second: float
    cpu_us_per_order: float
    peak_mb: float
    gifts: int


def measure(bench: Bench, engine: Engine, documents: Sequence[Document], expected: Collection[Identity]) -> Run:
    """One run of one engine. Raises RuntimeError when what came out is not what the oracle expects."""
    prefix = bench.fresh_prefix()
    engine.prepare(bench.brokers, prefix)
    producer = bulk_producer(bench.brokers)
    reader = GiftReader(bench.brokers, prefix)
    try:
        with running(engine.command(), engine.environment(bench.brokers, prefix), BUILD / f"{prefix}log") as worker:
            canaries = await_ready(worker, producer, reader, prefix, bench.until)
            worker.pause()
            pile_up(producer, prefix, documents)
            started_ms = time.time() * 1000
            used = cpu_seconds(worker.pid)
            worker.resume()
            used = _cpu_when_done(worker, reader, canaries + len(expected)) - used
            peak = peak_bytes(worker.pid)
        gifts = [gift for gift in reader.read() if not gift.grant.member_id.startswith(CANARY)]
    finally:
        reader.close()
        delete_all(bench.brokers, prefix)
    must_equal(engine, gifts, expected)
    rate = rates(documents, gifts, started_ms)
    count = len(documents)
    return Run(rate.whole, rate.warm, 1e6 * used / count, peak / 2**20, len(gifts))


def must_equal(engine: Engine, gifts: Sequence[Gift], expected: Collection[Identity]) -> None:
    """Compares with the oracle. Raises RuntimeError for a gift too few, too many, or with two ids."""
    given = {gift.grant.identity for gift in gifts}
    missing, surplus = set(expected) - given, given - set(expected)
    if missing or surplus:
        some = f"{list(missing)[:5]} missing, {list(surplus)[:5]} too many"
        raise RuntimeError(f"{engine.name}: {len(missing)} gifts missing, {len(surplus)} too many: {some}")
    ids = {gift.grant.grant_id for gift in gifts}
    if len(ids) != len(given):
        raise RuntimeError(f"{engine.name}: {len(given)} gifts have {len(ids)} ids")


def _cpu_when_done(worker: Worker, reader: GiftReader, gifts: int) -> float:
    """The worker's CPU seconds when the last gift was there; polled rather than read, which would cost the broker."""
    seen = -1
    used = 0.0
    since = time.monotonic()
    while seen < gifts and time.monotonic() - since < STALLED_SECONDS:
        time.sleep(POLL_SECONDS)
        worker.must_run()
        now = reader.count()
        if now != seen:
            seen, used, since = now, cpu_seconds(worker.pid), time.monotonic()
    return used
