"""Each section of very many at one instant, with few of them and no broker: something comes of each, at that instant, and once."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.at_once.alone import INSTANT, SCENARIOS, measure
from benchmarks.at_once.zone import write_zone

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
