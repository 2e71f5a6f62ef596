"""`tidemark replay` in its own process and through the embedded broker: python -m benchmarks.replaying [--lines 100000]

Two loads, turn about: a real shop's orders, of 20 lines each in the mean, and small ones.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks.load import Shape, documents
from benchmarks.places import DEFINITIONS
from tidemark import sample

_IDS = ("member_id", "order_id", "refund_id")
# By the options that each has.
WAYS: Mapping[str, tuple[str, ...]] = {
    "in its own process": (),
    "through the embedded broker": ("--broker", "embedded"),
}
_COMMAND = (sys.executable, "-c", "from tidemark.cli import main; main()", "replay")


def shop_lines(count: int) -> Iterator[bytes]:
    """A year of a shop's documents (tidemark/sample), each by as many members of the same habits as it takes."""
    copies = -(-count // sample.orders_count())
    for raw in islice(sample.documents(), count):
        document = json.loads(raw)
        for copy in range(copies):
            others = {name: f"{document[name]}-{copy}" for name in _IDS if copy and document.get(name)}
            yield json.dumps(document | others, separators=(",", ":")).encode()


def small_lines(count: int) -> Iterator[bytes]:
    """The orders that workers are measured with (benchmarks/load.py)."""
    shape = Shape(until=datetime(2026, 1, 1, tzinfo=UTC))
    return (each.value for each in documents(shape, count))


def run(lines: Path, definitions: Path, folder: Path, *more: str) -> dict[str, float]:
    """The figures of one run."""
    stats = folder / "stats"
    files = [argument for name in ("grants", "levels", "dead-letters") for argument in (f"--{name}", str(folder / name))]
    command = [*_COMMAND, str(lines), "--definitions", str(definitions), *files, "--stats", str(stats), *more]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    found: dict[str, float] = json.loads(stats.read_text())
    return found


def main() -> None:
    """Prints a line a run."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--lines", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=1)
    given = arguments.parse_args()
    loads = {"shop": (shop_lines, sample.definitions_dir()), "small": (small_lines, DEFINITIONS)}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, (lines_of, definitions) in loads.items():
            lines = folder / name
            with lines.open("wb") as file:
                file.writelines(line + b"\n" for line in islice(lines_of(given.lines), given.lines))
            for _ in range(given.rounds):
                for way, more in WAYS.items():
                    figures = run(lines, definitions, folder, *more)
                    cpu_us = 1e6 * figures["worker_cpu_seconds"] / figures["orders"]
                    how = "compiled" if figures["compiled"] and "--broker" not in more else "pure Python"
                    rate = f"{figures['orders_per_second']:,.0f} orders/s, {cpu_us:.0f} us of CPU an order"
                    print(f"{name}, {way}, {how}: {rate}", flush=True)


if __name__ == "__main__":
    main()
