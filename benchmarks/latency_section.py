"""Latency of the full pipeline beside its peers, in interleaved rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks import beside
from benchmarks.bench import Bench
from benchmarks.beside import Beside, Figure
from benchmarks.engines import COMPILED, IN_MEMORY, ONE_SUM, PROMPT, ROCKSDB, STOCK_FAUST, TIDEMARK, Engine, expected_of
from benchmarks.figures import Spread, Table, spread
from benchmarks.latency import Latency, measure, seconds
from benchmarks.load import Document, Shape
from benchmarks.sections import Result
from devtools.compiled_tree import compiled_tree, missing

# Orders a second, and which peers are asked: stock Faust cannot keep up with 10,000.
PACES: dict[int, tuple[Engine, ...]] = {
    1_000: (IN_MEMORY, PROMPT, ROCKSDB, ONE_SUM, STOCK_FAUST),
    10_000: (IN_MEMORY, PROMPT, ROCKSDB, ONE_SUM),
}
Runs = Mapping[Engine, Sequence[Latency | None]]


def latency(bench: Bench) -> Result:
    """Each pace, a table of the engines."""
    ours: tuple[Engine, ...] = (TIDEMARK,)
    if missing() is None:
        compiled_tree()
        ours = (TIDEMARK, COMPILED)
    _warm_broker(bench)
    found = Result([], plot={})
    for rate, peers in PACES.items():
        runs = _rounds(bench, rate, ours + peers)
        found.tables.append(_table(rate, runs))
        found.notes.extend(f"{engine.name} cannot keep up with {rate:,} orders/s" for engine, done in runs.items() if None in done)
        found.beside.extend(_beside(rate, runs, peers))
        found.plot[f"order to gift at {rate:,} orders/s, ms"] = _bars(runs)
    return found


def _table(rate: int, runs: Runs) -> Table:
    rows = []
    for engine, done in runs.items():
        kept_up = [run for run in done if run is not None]
        if len(kept_up) < len(done):
            rows.append([engine.name, "cannot keep up", "", "", "", ""])
            continue
        p50, p99 = spread([run.p50_ms for run in kept_up]), spread([run.p99_ms for run in kept_up])
        share = spread([100 * run.core_share for run in kept_up])
        sender = spread([run.sender_p99_ms for run in kept_up])
        rows.append([engine.name, p50.text(1), p99.text(1), share.text(), sender.text(1), f"{kept_up[0].gifts:,}"])
    columns = ["engine", "p50, ms", "p99, ms", "worker's core, %", "sender late by, p99, ms", "gifts a round"]
    return Table(f"Order to gift at {rate:,} orders/s, median [least-most]", columns, rows)


def _beside(rate: int, runs: Runs, peers: Sequence[Engine]) -> list[Beside]:
    """Of those that kept up in every round."""
    figures = (
        Figure[Latency](f"order to gift at {rate:,}/s, p50", lambda run: run.p50_ms, more_is_better=False),
        Figure[Latency](f"order to gift at {rate:,}/s, p99", lambda run: run.p99_ms, more_is_better=False),
        Figure[Latency](f"worker's CPU at {rate:,}/s", lambda run: run.core_share, more_is_better=False),
    )
    kept_up = {engine: [run for run in done if run is not None] for engine, done in runs.items() if None not in done}
    ours = {beside.PURE: TIDEMARK, beside.COMPILED: COMPILED}
    return [
        figure.beside(name, kept_up[engine], peer.name, kept_up[peer])
        for peer in peers
        for figure in figures
        for name, engine in ours.items()
        if engine in kept_up and peer in kept_up
    ]


def _bars(runs: Runs) -> dict[str, dict[str, Spread]]:
    kept_up = {engine: [run for run in done if run is not None] for engine, done in runs.items() if None not in done}
    return {
        engine.name: {"p50": spread([run.p50_ms for run in done]), "p99": spread([run.p99_ms for run in done])}
        for engine, done in kept_up.items()
    }


def _warm_broker(bench: Bench) -> None:
    """A run that counts for nobody: a broker just started is twice as slow until its code is compiled, and the first would pay."""
    rate = max(PACES)
    documents = _documents(bench, rate)
    measure(bench, TIDEMARK, documents, TIDEMARK.expected(documents), rate)


def _rounds(bench: Bench, rate: int, engines: tuple[Engine, ...]) -> dict[Engine, list[Latency | None]]:
    documents = _documents(bench, rate)
    expected = expected_of(dict.fromkeys(engines, documents))
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
