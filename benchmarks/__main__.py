"""`python -m benchmarks`: measures, prints tables, and writes docs/performance.md with its figures and plot."""

from __future__ import annotations

import fcntl
import shutil
import sys
import time
from collections.abc import Sequence
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.activities_section import activities
from benchmarks.at_once.due import due
from benchmarks.at_once.recalculation import recalculation
from benchmarks.at_once.release import release
from benchmarks.at_once.run import run
from benchmarks.at_once.terms import terms
from benchmarks.bench import Bench
from benchmarks.beside import beside_table
from benchmarks.features_section import features
from benchmarks.figures import Table
from benchmarks.latency_section import latency
from benchmarks.memory_section import memory
from benchmarks.page import write_page
from benchmarks.places import BROKER, BUILD, STREAMS_STATE
from benchmarks.plot import write_plot
from benchmarks.profile_section import profile
from benchmarks.recovery_section import recovery
from benchmarks.results import merge
from benchmarks.sections import Section
from benchmarks.throughput_section import throughput
from benchmarks.worker import BROKER_CORE
from devtools.kafka import THROUGHPUT, Kafka

SECTIONS: dict[str, Section] = {
    "throughput": throughput,
    "latency": latency,
    "activities": activities,
    "recovery": recovery,
    "due": due,
    "run": run,
    "release": release,
    "recalculation": recalculation,
    "terms": terms,
    "memory": memory,
    "profile": profile,
    "features": features,
}
Name = Literal[
    "throughput",
    "latency",
    "activities",
    "recovery",
    "due",
    "run",
    "release",
    "recalculation",
    "terms",
    "memory",
    "profile",
    "features",
]
QUICK_ORDERS = 50_000

app = App(name="benchmarks", help="Tidemark's full pipeline beside its peers, on real Kafka.")
# Rich takes 80 columns where there is no terminal, too few for these tables.
console = Console(width=None if sys.stdout.isatty() else 132)


@app.default
def main(
    *,
    quick: bool = False,
    only: Annotated[list[Name] | None, Parameter(negative="")] = None,
    rounds: int = 3,
    orders: int = 1_000_000,
) -> None:
    """Measures and writes docs/performance.md, .json and .svg.

    Parameters
    ----------
    quick
        One round and small loads, to see that all works; prints, but writes nothing.
    only
        Measures this section only; may be given several times.
    rounds
        Rounds of every measurement; the median counts.
    orders
        Documents of a throughput run; other sections that fold a load get a quarter.
    """
    names = tuple(only or SECTIONS)
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit(
                "another run of the benchmarks is under way: both would measure each other; wait for its end"
            ) from None
        _measure(names, quick, rounds, orders)


def _measure(names: Sequence[str], quick: bool, rounds: int, orders: int) -> None:
    """Runs sections on a broker of their own; the page has each as soon as it is measured."""
    command = f"python -m benchmarks {' '.join(sys.argv[1:])}".strip()
    for folder in (BROKER, STREAMS_STATE):
        shutil.rmtree(folder, ignore_errors=True)
    with Kafka(BROKER, cpus=str(BROKER_CORE), jvm=THROUGHPUT) as kafka:
        bench = Bench(kafka.bootstrap, QUICK_ORDERS if quick else orders, 1 if quick else rounds, quick, console.print)
        for name in names:
            console.rule(name)
            began = time.monotonic()
            result = SECTIONS[name](bench)
            seconds = time.monotonic() - began
            for table in result.tables:
                console.print(_rich(table))
            if result.beside:
                console.print(_rich(beside_table("Beside the peers, ratios round by round", result.beside)))
            console.print(f"{name}: {seconds / 60:.1f} minutes")
            if not quick:
                results = merge(bench, command, name, result, seconds, tuple(SECTIONS))
                write_plot(results)
                write_page(results)
    for folder in (BROKER, STREAMS_STATE):
        shutil.rmtree(folder, ignore_errors=True)


def _rich(table: Table) -> RichTable:
    drawn = RichTable(title=table.title)
    for number, column in enumerate(table.columns):
        drawn.add_column(column, justify="right" if number else "left")
    for row in table.rows:
        drawn.add_row(*row)
    return drawn


if __name__ == "__main__":
    app()
