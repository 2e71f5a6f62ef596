"""From an order's sending to its gift in a consumer's hands, at a steady pace.

Every engine gets the same orders, without duplicates and refunds, at the same pace; the first seconds warm up and do not count.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from benchmarks.bench import Bench
from benchmarks.canaries import await_ready
from benchmarks.engines import Engine
from benchmarks.feed import bulk_producer
from benchmarks.flow import run_flow
from benchmarks.load import Document
from benchmarks.places import BUILD
from benchmarks.process_figures import cpu_seconds
from benchmarks.topics import GiftReader, Identity, delete_all
from benchmarks.worker import running

WARM_SECONDS = 10
MEASURED_SECONDS = 20
QUICK_WARM_SECONDS = 4
QUICK_MEASURED_SECONDS = 6


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from order to gift, and what it took."""

    p50_ms: float
    p99_ms: float
    # Of the worker's core, while orders flowed.
    core_share: float
    gifts: int
    # How late the generator itself was with its orders, at the 99th percentile.
    sender_p99_ms: float


def seconds(bench: Bench) -> tuple[int, int]:
    """How long to warm up and to measure."""
    return (QUICK_WARM_SECONDS, QUICK_MEASURED_SECONDS) if bench.quick else (WARM_SECONDS, MEASURED_SECONDS)


def measure(
    bench: Bench, engine: Engine, documents: Sequence[Document], expected: Collection[Identity], rate: int
) -> Latency | None:
    """One run at `rate` orders a second; None when it did not keep up: gifts were missing at the end."""
    prefix = bench.fresh_prefix()
    engine.prepare(bench.brokers, prefix)
    reader = GiftReader(bench.brokers, prefix)
    try:
        with running(engine.command(), engine.environment(bench.brokers, prefix), BUILD / f"{prefix}log") as worker:
            await_ready(worker, bulk_producer(bench.brokers), reader, prefix, bench.until)
            used = cpu_seconds(worker.pid)
            flow = run_flow(bench.brokers, prefix, documents, rate)
            share = (cpu_seconds(worker.pid) - used) * rate / len(documents)
            worker.must_run()
    finally:
        reader.close()
        delete_all(bench.brokers, prefix)
    if len(flow.seen) < len(expected):
        return None
    if flow.seen != set(expected):
        raise RuntimeError(f"{engine.name}: other gifts came than the {len(expected)} expected")
    took = sorted(1000 * (came - sent) for sent, came in flow.gifts if sent - flow.began >= seconds(bench)[0])
    late = sorted(1000 * each for each in flow.late_seconds[seconds(bench)[0] * rate :])
    return Latency(_percentile(took, 50), _percentile(took, 99), share, len(took), _percentile(late, 99))


def _percentile(values: Sequence[float], percent: int) -> float:
    return values[len(values) * percent // 100]
