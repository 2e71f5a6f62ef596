"""Tests of servers, or of a compiler, that this machine lacks: skipped and said loudly at the end, or failed where CI is set."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from devtools import compiled_tree, kafka, redis

_LEFT_OUT = "left out for lack of"
FIXTURES = {"kafka": {"kafka", "make_kafka"}, "redis": {"redis_server", "make_redis"}, "compiler": {"compiled"}}


class LeftOut:
    """A pytest plugin. A test needs a server by its marker, which a test that uses the server's fixtures is given; so the compiler."""

    def __init__(self) -> None:
        lacks = {"kafka": kafka.missing(), "redis": redis.missing(), "compiler": compiled_tree.missing()}
        self._lacks = {name: lack for name, lack in lacks.items() if lack is not None}
        self._tests: Counter[str] = Counter()

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for name, fixtures in FIXTURES.items():
                if fixtures & set(getattr(item, "fixturenames", ())):
                    item.add_marker(name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        for name, lack in self._lacks.items():
            if item.get_closest_marker(name):
                item.user_properties.append((_LEFT_OUT, name))
                if in_ci():
                    pytest.fail(f"{lack}; in CI no test may be left out", pytrace=False)
                pytest.skip(lack)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        # Counted where reports meet: the tests themselves may have run in other processes.
        if report.when == "setup":
            self._tests.update(str(name) for said, name in report.user_properties if said == _LEFT_OUT)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._tests:
            return
        terminalreporter.section("LEFT OUT", sep="!", red=True, bold=True)
        for name, count in self._tests.items():
            terminalreporter.write_line(f"{count} tests did not run, for lack of {name}: {self._lacks[name]}", red=True)


def in_ci() -> bool:
    """True where the environment says so, as CI services do: CI=true."""
    return os.environ.get("CI", "").lower() in {"1", "true"}
