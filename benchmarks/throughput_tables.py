"""The tables of the throughput section."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from benchmarks.bench import Bench
from benchmarks.engines import COMPILED, KAFKA_STREAMS, STOCK_FAUST, TIDEMARK, Engine
from benchmarks.figures import Table, ratios, spread
from benchmarks.load import FEEDS
from benchmarks.throughput import Run

Runs = Mapping[Engine, Sequence[Run]]
Figure = Callable[[Run], float]


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


def beside_table(runs: Runs, lack: str | None) -> Table:
    """Ratios round by round: of the pure worker, and of the compiled one where it was measured."""
    rate, warm_rate = _figure("orders_per_second"), _figure("warm_orders_per_second")
    cpu, warm_cpu = _figure("cpu_us_per_order"), _figure("warm_cpu_us_per_order")
    asked: list[tuple[str, Figure, str, Engine, Figure, int]] = [
        ("orders/s, whole run", rate, "Kafka Streams, whole run", KAFKA_STREAMS, rate, 2),
        ("orders/s, whole run", rate, "Kafka Streams once warm", KAFKA_STREAMS, warm_rate, 2),
        ("orders/s once warm", warm_rate, "Kafka Streams once warm", KAFKA_STREAMS, warm_rate, 2),
        ("orders/s, whole run", rate, "stock Faust, whole run", STOCK_FAUST, rate, 1),
        ("CPU an order, whole run", cpu, "Kafka Streams, whole run", KAFKA_STREAMS, cpu, 2),
        ("CPU an order once warm", warm_cpu, "Kafka Streams once warm", KAFKA_STREAMS, warm_cpu, 2),
        ("CPU an order, whole run", cpu, "stock Faust, whole run", STOCK_FAUST, cpu, 3),
        ("orders/s, whole run", rate, "Tidemark in pure Python", TIDEMARK, rate, 2),
        ("CPU an order, whole run", cpu, "Tidemark in pure Python", TIDEMARK, cpu, 2),
    ]
    rows = []
    for what, ours, beside, peer, theirs, digits in asked:
        peers = [theirs(run) for run in runs[peer]]
        pure = "" if peer is TIDEMARK else ratios([ours(run) for run in runs[TIDEMARK]], peers).text(digits)
        compiled = "not measured" if lack else ratios([ours(run) for run in runs[COMPILED]], peers).text(digits)
        rows.append([what, beside, pure, compiled])
    title = "Tidemark with the full rules beside one sum, ratios round by round"
    return Table(title, ["Tidemark's", "beside", "pure Python", "compiled"], rows)


def order_table(bench: Bench, runs: Runs, counting: float) -> Table:
    """What the load makes of an order. `counting`: the activities of Tidemark's that a purchase counts for, on average."""
    engines = (TIDEMARK, KAFKA_STREAMS, STOCK_FAUST)
    rows = [["activities that a purchase counts for", f"{counting:.2f}", "one sum", "one sum"]]
    feeds = {f"{feed}.orders" for feed in FEEDS}
    last = {engine: {topic: n for topic, n in runs[engine][-1].appended.items() if topic not in feeds} for engine in engines}
    for topic in sorted({topic for appended in last.values() for topic, n in appended.items() if n}):
        made = [last[engine].get(topic, 0) / engine.orders(bench) for engine in engines]
        rows.append([f"records on `{topic}`", *(f"{each:.3f}" if each else "" for each in made)])
    return Table("What the load makes of an order, the mean over all documents", ["", *(engine.name for engine in engines)], rows)


def _figure(name: str) -> Figure:
    """The figure of a run by its name."""
    return lambda run: float(getattr(run, name))
