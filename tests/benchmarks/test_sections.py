"""What the sections make of what engines measured, up to the page."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path

import pytest

from benchmarks import latency_section, page, plot, recovery, recovery_section, results, throughput_section
from benchmarks.bench import Bench
from benchmarks.engines import COMPILED, IN_MEMORY, ROCKSDB, STOCK_FAUST, TIDEMARK, Engine
from benchmarks.latency import Latency
from benchmarks.recovery import Start
from benchmarks.sections import Result
from benchmarks.throughput import Run

ROUNDS = 3


@pytest.fixture
def bench() -> Bench:
    return Bench("127.0.0.1:1", 400, ROUNDS, True, lambda line: None)


@pytest.fixture(autouse=True)
def as_if_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    for section in (throughput_section, latency_section):
        monkeypatch.setattr(section, "missing", lambda: None)
        monkeypatch.setattr(section, "compiled_tree", lambda: None)


def throughput_of(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Tidemark makes half of each peer's rate, in a quarter of the memory."""

    def measured(bench: Bench, engine: Engine, *_: object) -> Run:
        ours = engine in (TIDEMARK, COMPILED)
        return Run(50.0 if ours else 100.0, 60.0 if ours else 120.0, 20.0, 10.0, 100.0 if ours else 400.0, 7, {"gifts": 7})

    monkeypatch.setattr(throughput_section, "measure", measured)
    return throughput_section.throughput(bench)


def latency_of(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Result:
    """Tidemark answers in a tenth of the time; RocksDB keeps up but once."""
    rounds = count()

    def measured(bench: Bench, engine: Engine, *_: object) -> Latency | None:
        if engine is ROCKSDB and next(rounds) % ROUNDS:
            return None
        ours = engine in (TIDEMARK, COMPILED)
        return Latency(8.0 if ours else 80.0, 30.0 if ours else 300.0, 0.5, 9, 1.0)

    monkeypatch.setattr(latency_section, "measure", measured)
    monkeypatch.setattr(latency_section, "_documents", lambda bench, rate: [])
    return latency_section.latency(bench)


def test_throughput_stands_beside_each_peer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    found = throughput_of(bench, monkeypatch)
    words = {(each.figure, each.ours, each.peer): (each.ratio.middle, each.word()) for each in found.beside}
    assert words["orders/s once warm", "pure Python", IN_MEMORY.name] == (0.5, "behind")
    assert words["peak memory", "compiled", ROCKSDB.name] == (0.25, "ahead")
    # It gets a short load.
    assert not any(figure == "peak memory" and peer == STOCK_FAUST.name for figure, _, peer in words)


def test_who_does_not_keep_up_in_a_round_is_named_and_not_compared(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    found = latency_of(bench, monkeypatch)
    assert f"{ROCKSDB.name} cannot keep up with 1,000 orders/s" in found.notes
    assert {each.peer for each in found.beside}.isdisjoint({ROCKSDB.name})
    (beside,) = [
        each
        for each in found.beside
        if (each.figure, each.ours, each.peer) == ("order to gift at 1,000/s, p99", "pure Python", IN_MEMORY.name)
    ]
    assert (beside.ratio.middle, beside.word()) == (0.1, "ahead")


def test_recovery_is_compared_with_and_without_orders(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def started(each: recovery.Recovering, bench: Bench, members: int, orders_a_member: int = 0) -> Start:
        return Start(2.0 if each.engine is TIDEMARK else 1.0, 3.0, 10**8 + members, 2 * 10**8)

    monkeypatch.setattr(recovery.Recovering, "start", started)
    found = recovery_section.recovery(bench)
    behind = {(each.figure, each.peer) for each in found.beside if each.word() == "behind"}
    members, shoppers = recovery_section.QUICK_MEMBERS, recovery_section.QUICK_SHOPPERS
    whats = (f"{members:,} members", f"{shoppers:,} members of {recovery_section.ORDERS_A_SHOPPER} orders")
    assert behind == {(f"recovery of {what}, seconds", peer.name) for what in whats for peer in (IN_MEMORY, ROCKSDB)}


@pytest.mark.slow
def test_sections_that_are_measured_one_by_one_make_one_page(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(results, "FIGURES", tmp_path / "performance.json")
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    for module in (page, plot):
        monkeypatch.setattr(module, "PLOT", tmp_path / "performance.svg")
    order = ("throughput", "latency")
    for name, found in (("latency", latency_of(bench, monkeypatch)), ("throughput", throughput_of(bench, monkeypatch))):
        kept = results.merge(bench, f"--only {name}", name, found, 90, order)
        plot.write_plot(kept)
        page.write_page(kept)
    assert list(json.loads((tmp_path / "performance.json").read_text())) == list(order)
    text = (tmp_path / "performance.md").read_text()
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "# Performance",
        "## Where it stands",
        "### The same rules in Kafka Streams, exactly once",
        "### One sum in Kafka Streams, at least once",
        "### One sum in stock Faust",
        "### Not in these tables",
        "## Throughput",
        "## Latency",
    ]
    assert "in pure Python is **behind** in orders/s, whole run from cold (0.50)" in text
    assert (tmp_path / "performance.svg").read_text().startswith("<?xml")
