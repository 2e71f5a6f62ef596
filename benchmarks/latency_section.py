"""Latency of the full pipeline beside its peers, in interleaved rounds."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.bench import Bench
from benchmarks.engines import KAFKA_STREAMS, STOCK_FAUST, TIDEMARK, Engine
from benchmarks.figures import Spread, Table, spread
from benchmarks.latency import Latency, measure, seconds
from benchmarks.load import Document, Shape
from benchmarks.sections import Result

# Orders a second, and who is asked: stock Faust cannot keep up with 10,000.
PACES: dict[int, tuple[Engine, ...]] = {1_000: (TIDEMARK, KAFKA_STREAMS, STOCK_FAUST), 10_000: (TIDEMARK, KAFKA_STREAMS)}


def latency(bench: Bench) -> Result:
    """Both paces, a table each."""
    _warm_broker(bench)
    tables: list[Table] = []
    bars: dict[str, dict[str, Spread]] = {}
    for rate, engines in PACES.items():
        rows = []
        for engine, runs in _rounds(bench, rate, engines).items():
            kept_up = [run for run in runs if run is not None]
            if len(kept_up) < len(runs):
                rows.append([engine.name, "cannot keep up", "", "", "", ""])
                continue
            p50, p99 = spread([run.p50_ms for run in kept_up]), spread([run.p99_ms for run in kept_up])
            share = spread([100 * run.core_share for run in kept_up])
            sender = spread([run.sender_p99_ms for run in kept_up])
            rows.append([engine.name, p50.text(1), p99.text(1), share.text(), sender.text(1), f"{kept_up[0].gifts:,}"])
            bars[f"{engine.name}, {rate:,}/s"] = {"p50": p50, "p99": p99}
        columns = ["engine", "p50, ms", "p99, ms", "worker's core, %", "sender late by, p99, ms", "gifts a round"]
        tables.append(Table(f"Order to gift at {rate:,} orders/s, median [least-most]", columns, rows))
    return Result(tables, {"order to gift, ms": bars})


def _warm_broker(bench: Bench) -> None:
    """A run that counts for nobody: a broker just started is twice as slow until its code is compiled, and the first would pay."""
    rate = max(PACES)
    documents = _documents(bench, rate)
    measure(bench, TIDEMARK, documents, TIDEMARK.expected(documents), rate)


def _rounds(bench: Bench, rate: int, engines: tuple[Engine, ...]) -> dict[Engine, list[Latency | None]]:
    documents = _documents(bench, rate)
    expected = {engine: engine.expected(documents) for engine in engines}
    runs: dict[Engine, list[Latency | None]] = {engine: [] for engine in engines}
    for number in range(bench.rounds):
        # Each begins a round in its turn.
        first = number % len(engines)
        for engine in engines[first:] + engines[:first]:
            run = measure(bench, engine, documents, expected[engine], rate)
            figures = "cannot keep up" if run is None else f"p50 {run.p50_ms:.1f} ms, p99 {run.p99_ms:.1f} ms"
            bench.say(f"round {number + 1}: {engine.name} at {rate:,} orders/s: {figures}")
            runs[engine].append(run)
    return runs


def _documents(bench: Bench, rate: int) -> Sequence[Document]:
    """Without duplicates, so that an order id was sent at one time only; without refunds, which make no gift."""
    return bench.load(Shape(bench.until, duplicates=0, refunds=0), rate * sum(seconds(bench)))
