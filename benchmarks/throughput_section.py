"""Throughput of the full pipeline beside its peers, in interleaved rounds."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.engines import KAFKA_STREAMS, STOCK_FAUST, TIDEMARK, Engine
from benchmarks.figures import Table, ratios, spread
from benchmarks.load import Shape
from benchmarks.sections import Result
from benchmarks.throughput import Run, measure

ENGINES: tuple[Engine, ...] = (TIDEMARK, KAFKA_STREAMS, STOCK_FAUST)


def throughput(bench: Bench) -> Result:
    """Rounds of A, B, C, A, B, C..., so that what the machine does meanwhile meets all alike."""
    runs = interleaved(bench, ENGINES)
    whole = {engine: [run.orders_per_second for run in runs[engine]] for engine in ENGINES}
    warm = {engine: [run.warm_orders_per_second for run in runs[engine]] for engine in ENGINES}
    cpu = {engine: [run.cpu_us_per_order for run in runs[engine]] for engine in ENGINES}
    engines = Table(
        "Throughput, median [least-most]",
        ["engine", "orders", "orders/s", "once warm", "worker CPU/order, us", "peak memory, MB", "gifts, as the oracle says"],
        [
            [
                engine.name,
                f"{engine.orders(bench):,}",
                spread(whole[engine]).text(),
                spread(warm[engine]).text(),
                spread(cpu[engine]).text(1),
                spread([run.peak_mb for run in runs[engine]]).text(),
                f"{runs[engine][0].gifts:,}",
            ]
            for engine in ENGINES
        ],
    )
    beside = Table(
        "Tidemark with the full rules beside one sum, ratios round by round",
        ["Tidemark's", "beside", "ratio"],
        [
            ["orders/s, whole run", "Kafka Streams, whole run", ratios(whole[TIDEMARK], whole[KAFKA_STREAMS]).text(2)],
            ["orders/s, whole run", "Kafka Streams once warm", ratios(whole[TIDEMARK], warm[KAFKA_STREAMS]).text(2)],
            ["orders/s once warm", "Kafka Streams once warm", ratios(warm[TIDEMARK], warm[KAFKA_STREAMS]).text(2)],
            ["orders/s, whole run", "stock Faust, whole run", ratios(whole[TIDEMARK], whole[STOCK_FAUST]).text(1)],
            ["CPU an order", "Kafka Streams", ratios(cpu[TIDEMARK], cpu[KAFKA_STREAMS]).text(2)],
            ["CPU an order", "stock Faust", ratios(cpu[TIDEMARK], cpu[STOCK_FAUST]).text(3)],
        ],
    )
    bars = {engine.name: {"whole run": spread(whole[engine]), "once warm": spread(warm[engine])} for engine in ENGINES}
    return Result([engines, beside], {"orders/s": bars})


def interleaved(bench: Bench, engines: tuple[Engine, ...]) -> dict[Engine, list[Run]]:
    """The engines' runs, a list of rounds each; every run is checked by its engine's oracle."""
    shape = Shape(bench.until)
    loads = {engine: bench.load(shape, engine.orders(bench)) for engine in engines}
    expected = {engine: engine.expected(loads[engine]) for engine in engines}
    runs: dict[Engine, list[Run]] = {engine: [] for engine in engines}
    for number in range(bench.rounds):
        for engine in engines:
            run = measure(bench, engine, loads[engine], expected[engine])
            bench.say(f"round {number + 1}: {engine.name}: {run.orders_per_second:,.0f} orders/s, {run.cpu_us_per_order:.1f} us")
            runs[engine].append(run)
    return runs
