"""The tables of the throughput section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks import beside
from benchmarks.bench import Bench
from benchmarks.beside import Beside, Figure
from benchmarks.engines import COMPILED, IN_HASH_MAP, IN_MEMORY, ONE_SUM, ROCKSDB, STOCK_FAUST, TIDEMARK, Engine
from benchmarks.figures import Table, spread
from benchmarks.load import FEEDS
from benchmarks.throughput import Run

Runs = Mapping[Engine, Sequence[Run]]

WHOLE = Figure[Run]("orders/s, whole run from cold", lambda run: run.orders_per_second, more_is_better=True)
WARM = Figure[Run]("orders/s once warm", lambda run: run.warm_orders_per_second, more_is_better=True)
CPU = Figure[Run]("CPU an order, whole run from cold", lambda run: run.cpu_us_per_order, more_is_better=False)
WARM_CPU = Figure[Run]("CPU an order once warm", lambda run: run.warm_cpu_us_per_order, more_is_better=False)
MEMORY = Figure[Run]("peak memory", lambda run: run.peak_mb, more_is_better=False)
ALL = (WHOLE, WARM, CPU, WARM_CPU, MEMORY)
# It gets a short load, so that its memory is of another number of orders.
OF_A_SHARE = tuple(Figure[Run](each.name, each.of, each.more_is_better, digits=3) for each in ALL if each is not MEMORY)
PEERS: dict[Engine, Sequence[Figure[Run]]] = {IN_MEMORY: ALL, IN_HASH_MAP: ALL, ROCKSDB: ALL, ONE_SUM: ALL, STOCK_FAUST: OF_A_SHARE}


def engines_table(bench: Bench, runs: Runs, lack: str | None) -> Table:
    """A row an engine. `lack`: why the compiled worker was not measured."""
    columns = ["orders", "orders/s", "once warm", "CPU/order, us", "once warm, us", "peak memory, MB", "gifts, as the oracle says"]
    rows = [
        [
            engine.name,
            f"{engine.orders(bench):,}",
            spread([run.orders_per_second for run in done]).text(),
            spread([run.warm_orders_per_second for run in done]).text(),
            spread([run.cpu_us_per_order for run in done]).text(1),
            spread([run.warm_cpu_us_per_order for run in done]).text(1),
            spread([run.peak_mb for run in done]).text(),
            f"{done[0].gifts:,}",
        ]
        for engine, done in runs.items()
    ]
    if lack is not None:
        rows.insert(1, [COMPILED.name, f"**NOT MEASURED**: {lack}", *[""] * (len(columns) - 1)])
    return Table("Throughput, median [least-most]", ["engine", *columns], rows)


def peers_beside(runs: Runs) -> list[Beside]:
    """Ours beside each peer."""
    ours = {beside.PURE: TIDEMARK, beside.COMPILED: COMPILED}
    return [
        figure.beside(name, runs[engine], peer.name, runs[peer])
        for peer, figures in PEERS.items()
        for figure in figures
        for name, engine in ours.items()
        if engine in runs
    ]


def order_table(bench: Bench, runs: Runs, counting: float) -> Table:
    """What the load makes of an order. `counting`: the activities of Tidemark's that a purchase counts for, on average."""
    engines = (TIDEMARK, IN_MEMORY, ONE_SUM, STOCK_FAUST)
    counts = [f"{counting:.2f}" if engine.full_rules else "one sum" for engine in engines]
    rows = [["activities that a purchase counts for", *counts]]
    feeds = {f"{feed}.orders" for feed in FEEDS}
    last = {engine: {topic: n for topic, n in runs[engine][-1].appended.items() if topic not in feeds} for engine in engines}
    for topic in sorted({topic for appended in last.values() for topic, n in appended.items() if n}):
        made = [last[engine].get(topic, 0) / engine.orders(bench) for engine in engines]
        rows.append([f"records on `{topic}`", *(f"{each:.3f}" if each else "" for each in made)])
    return Table("What the load makes of an order, the mean over all documents", ["", *(engine.name for engine in engines)], rows)
