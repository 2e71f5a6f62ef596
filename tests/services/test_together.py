"""Tests that share what takes long to start go to one process, and what waits runs beside what computes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.services.together import FAILED_ON_KAFKA, FIRST, TOGETHER, Together, computing


class Report(NamedTuple):
    """Of a test."""

    failed: bool
    keywords: list[str]


class Config:
    """Of the process that gives out the tests."""

    def getvalue(self, _: str) -> str:
        return "loadgroup"


@dataclass
class Session:
    """Of that process."""

    config: Config
    exitstatus: int


ROOT = Path(__file__).resolve().parents[2]

CONFTEST = """
from tests.services.together import Together

def pytest_configure(config):
    config.addinivalue_line("markers", "kafka: waits")
    config.addinivalue_line("markers", "slow: takes long")
    config.pluginmanager.register(Together())
"""
TESTS = """
import os, pathlib, pytest

def ran(what):
    with pathlib.Path(os.environ["PYTEST_XDIST_WORKER"]).open("a") as file:
        file.write(f"{what} {os.nice(0)}\\n")

@pytest.mark.parametrize("number", range(3))
def test_quick(number):
    ran("quick")

@pytest.mark.slow
@pytest.mark.parametrize("number", range(3))
def test_slow(number):
    ran("slow")

@pytest.mark.kafka
@pytest.mark.parametrize("number", range(4))
def test_kafka(number):
    ran("kafka")
"""


def test_the_places_are_there() -> None:
    assert all((ROOT / place.partition("::")[0]).exists() for place in TOGETHER + FIRST)


def test_some_process_begins_with_what_computes_and_most_with_what_waits() -> None:
    assert [computing(processes) for processes in (1, 2, 3, 4, 6, 8)] == [1, 1, 1, 1, 2, 2]


@pytest.mark.slow
def test_what_waits_runs_beside_what_computes_and_before_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_some.py").write_text(TESTS)
    without = [word for name in ("hypothesispytest", "valkey", "timeout", "cacheprovider") for word in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", "-n", "3", "--dist", "loadgroup", *without, "-c", "/dev/null", "--rootdir", ".", "."]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
    first, *others = ((tmp_path / f"gw{number}").read_text().splitlines() for number in range(3))
    nice = os.nice(0)
    assert first[:2] == [f"slow {min(nice + 5, 19)}"] * 2
    assert [other[:2] for other in others] == [[f"kafka {nice}"] * 2] * 2


@pytest.mark.parametrize(("failed", "code"), [([["kafka"]], FAILED_ON_KAFKA), ([["slow"]], 1), ([["kafka"], ["slow"]], 1), ([], 1)])
def test_that_nothing_failed_but_on_kafka_is_told(failed: list[list[str]], code: int) -> None:
    together, config = Together(), Config()
    for markers in failed:
        together.pytest_runtest_logreport(Report(failed=True, keywords=markers))  # type: ignore[arg-type]
    together.pytest_runtest_logreport(Report(failed=False, keywords=["slow"]))  # type: ignore[arg-type]
    session = Session(config=config, exitstatus=1)
    together.pytest_sessionfinish(session, 1)  # type: ignore[arg-type]
    assert session.exitstatus == code
