"""What 990 activities that match nothing cost beside the ten that do."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.engines import TIDEMARK, Tidemark
from benchmarks.figures import Table, ratios, spread
from benchmarks.load import Shape
from benchmarks.other_activities import write_thousand
from benchmarks.places import BUILD
from benchmarks.sections import Result
from benchmarks.throughput import Run, measure


def activities(bench: Bench) -> Result:
    """Pairs of runs on the same load, which must give the same gifts."""
    thousand = Tidemark("Tidemark, 1,000 activities", definitions=write_thousand(BUILD / "thousand"))
    documents = bench.load(Shape(bench.until), bench.fewer_orders)
    expected = TIDEMARK.expected(documents)
    runs: dict[Tidemark, list[Run]] = {TIDEMARK: [], thousand: []}
    for number in range(bench.rounds):
        for engine, done in runs.items():
            done.append(measure(bench, engine, documents, expected))
            bench.say(f"round {number + 1}: {engine.name}: {done[-1].cpu_us_per_order:.1f} us an order")
    cpu = {engine: [run.cpu_us_per_order for run in done] for engine, done in runs.items()}
    rate = {engine: [run.orders_per_second for run in done] for engine, done in runs.items()}
    rows = [["10", spread(rate[TIDEMARK]).text(), spread(cpu[TIDEMARK]).text(1)]]
    rows.append(["1,000, of which 10 match", spread(rate[thousand]).text(), spread(cpu[thousand]).text(1)])
    cost = [ratios(rate[TIDEMARK], rate[thousand]).text(2), ratios(cpu[thousand], cpu[TIDEMARK]).text(2)]
    rows.append(["times the cost, round by round", *cost])
    return Result([Table("A thousand activities", ["activities", "orders/s", "worker CPU/order, us"], rows)])
