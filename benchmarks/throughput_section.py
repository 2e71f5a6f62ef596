"""Throughput of the full pipeline beside its peers, in interleaved rounds."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.engines import COMPILED, IN_HASH_MAP, IN_MEMORY, ONE_SUM, ROCKSDB, STOCK_FAUST, TIDEMARK, Engine, expected_of
from benchmarks.figures import spread
from benchmarks.load import Shape
from benchmarks.pipeline_oracle import activities_counting
from benchmarks.places import DEFINITIONS
from benchmarks.sections import Result
from benchmarks.throughput import Run, measure
from benchmarks.throughput_tables import engines_table, order_table, peers_beside
from devtools.compiled_tree import compiled_tree, missing

# Of the load's documents, for what does not change over it.
SAMPLE = 50_000


def throughput(bench: Bench) -> Result:
    """Rounds of A, B, C, A, B, C..., so that what the machine does meanwhile meets all alike."""
    lack = missing()
    if lack is not None:
        bench.say(f"[bold red]!!! LEFT OUT: {COMPILED.name}: {lack}")
        ours: tuple[Engine, ...] = (TIDEMARK,)
    else:
        compiled_tree()
        ours = (TIDEMARK, COMPILED)
    runs = interleaved(bench, (*ours, IN_MEMORY, IN_HASH_MAP, ROCKSDB, ONE_SUM, STOCK_FAUST))
    bars = {
        engine.name: {
            "whole run": spread([run.orders_per_second for run in done]),
            "once warm": spread([run.warm_orders_per_second for run in done]),
        }
        for engine, done in runs.items()
    }
    counting = activities_counting(bench.load(Shape(bench.until), min(SAMPLE, bench.orders)), DEFINITIONS)
    return Result(
        [engines_table(bench, runs, lack), order_table(bench, runs, counting)],
        peers_beside(runs),
        [] if lack is None else [f"{COMPILED.name}: not measured: {lack}"],
        {"orders/s": bars},
    )


def interleaved(bench: Bench, engines: tuple[Engine, ...]) -> dict[Engine, list[Run]]:
    """The engines' runs, a list of rounds each; every run is checked by its engine's oracle."""
    loads = {engine: bench.load(Shape(bench.until), engine.orders(bench)) for engine in engines}
    expected = expected_of(loads)
    runs: dict[Engine, list[Run]] = {engine: [] for engine in engines}
    for number in range(bench.rounds):
        for engine in engines:
            run = measure(bench, engine, loads[engine], expected[engine])
            warm = f"once warm {run.warm_orders_per_second:,.0f}, {run.warm_cpu_us_per_order:.1f} us"
            bench.say(
                f"round {number + 1}: {engine.name}: {run.orders_per_second:,.0f} orders/s, {run.cpu_us_per_order:.1f} us; {warm}; "
                f"{run.peak_mb:,.0f} MB"
            )
            runs[engine].append(run)
    return runs
