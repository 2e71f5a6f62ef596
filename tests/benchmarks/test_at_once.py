"""Each section of very many at one instant, with few of them and no broker: something comes of each, at that instant, and once; and so it
does beside orders, simulated.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.at_once import simulated
from benchmarks.at_once.alone import INSTANT, SCENARIOS, measure
from benchmarks.at_once.zone import write_zone
from benchmarks.load import Shape, documents

MEMBERS = 40


@pytest.fixture(autouse=True)
def zone(tmp_path: Path) -> Iterator[None]:
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(write_zone(tmp_path, INSTANT)["PYTHONTZPATH"].split(":"))
    yield
    zoneinfo.reset_tzpath(before)


@pytest.mark.parametrize("name", SCENARIOS)
def test_something_comes_of_each(name: str) -> None:
    # It raises where it is told of more or fewer than there are.
    seconds, kept, put_out = measure(SCENARIOS[name], MEMBERS)
    assert seconds > 0
    assert kept > 0
    assert put_out > MEMBERS * len(SCENARIOS[name].document(0, INSTANT)[1]["member_id"])


@pytest.mark.parametrize("name", ["release", "run"])
def test_it_does_beside_orders_and_each_is_told_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "BEFORE_SECONDS", 0.4)
    monkeypatch.setattr(simulated, "WARM_SECONDS", 0.0)
    monkeypatch.setattr(simulated, "AFTER_SECONDS", 0.3)
    orders = documents(Shape(INSTANT, duplicates=0, refunds=0), 4_000)
    broker = simulated.work(SCENARIOS[name], MEMBERS, 0.002, 1.0, orders)
    assert sum(many for _, many in broker.told) == MEMBERS
    # Before the instant nothing was.
    assert min(at for at, _ in broker.told) >= broker.began + 0.4
    assert broker.came and all(at > broker.sent[order_id] for order_id, at in broker.came.items())
