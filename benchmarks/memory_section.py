"""What an order that is kept, for duplicates and refunds, holds in memory."""

from __future__ import annotations

from benchmarks.bench import Bench
from benchmarks.engines import TIDEMARK
from benchmarks.figures import Table, spread
from benchmarks.load import Shape
from benchmarks.sections import Result
from benchmarks.throughput import measure

# So few that their own records do not show.
MEMBERS = 1_000


def memory(bench: Bench) -> Result:
    """Pairs of runs of few members, one twice as long: what it holds more are the orders, whatever buffers a run leaves behind."""
    shape = Shape(bench.until, members=MEMBERS)
    sizes = (bench.orders, 2 * bench.orders)
    expected = {size: TIDEMARK.expected(bench.load(shape, size)) for size in sizes}
    grown = []
    for number in range(bench.rounds):
        less, more = (measure(bench, TIDEMARK, bench.load(shape, size), expected[size]).resident_growth_bytes for size in sizes)
        bench.say(f"round {number + 1}: {(more - less) / bench.orders:,.0f} bytes an order")
        grown.append((more - less) / bench.orders)
    return Result([Table("Memory", ["", "median [least-most]"], [["bytes an order kept", spread(grown).text()]])])
