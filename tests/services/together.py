"""Which process runs a test where they run side by side, and when: what waits beside what computes, what takes longest first."""

from __future__ import annotations

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

# A cluster of three brokers; a demo that is run once; a compiled copy, for which others would only wait; what a file's tests have made once
# and look at in turn, which a process that ran tests of other files between would make again.
TOGETHER = (
    "tests/cluster/",
    "tests/tidemark/demo/test_demo.py::",
    "tests/tidemark/test_compiled.py::",
    "tests/tidemark/test_sample.py::",
    "tests/tidemark/explaining/test_explaining.py::",
    "tests/tidemark/levels/",
    "tests/tidemark/members/",
    "tests/tidemark/definitions/test_brought.py::",
    "tests/tidemark/quoting/",
    "tests/tidemark/suggesting/",
    "tests/docs/test_glossary.py::",
)

# What takes longest, begun last, would keep one process busy while the others have nothing left to do. After these whatever is slow.
FIRST = (
    "tests/cluster/",
    "tests/tidemark/test_compiled.py::",
    "tests/agents/turns/test_soak.py",
    "tests/moving/",
    "tests/crash/test_merged.py",
    "tests/crash/",
    "tests/benchmarks/test_full_rules_peer.py",
    "tests/replay/test_against_oracle.py",
    "tests/oracle/test_generated.py",
)

# Less of the cores than what waits for a server, whose sessions and deadlines run on meanwhile.
_NICE = 5
# Of pytest's own exit codes none: what failed, all of it on Kafka.
FAILED_ON_KAFKA = 10


def computing(processes: int) -> int:
    """How many of so many processes, the first of them, begin with tests of no Kafka; the others wait for servers most of their time."""
    return max(1, processes // 3)


class Together:
    """A pytest plugin for `--dist loadgroup`: the tests of each of these places go to one process, every other to whoever is free.

    xdist's own marker for this does nothing: it puts the group where this pytest does not look for a test's id.
    """

    def __init__(self) -> None:
        self._failed_on_kafka: list[bool] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        told = getattr(config, "workerinput", None)
        if told and getattr(config.option, "loadgroup", False) and _number(told["workerid"]) < computing(told["workercount"]):
            os.nice(_NICE)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
        return _ByPlace(config, log) if config.getvalue("dist") == "loadgroup" else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        # In each of xdist's processes, whose order is the one in which tests are given out: from both ends.
        if hasattr(config, "workerinput"):
            on_kafka = [item for item in items if item.get_closest_marker("kafka")]
            others = [item for item in items if not item.get_closest_marker("kafka")]
            items[:] = [*sorted(others, key=_turn), *sorted(on_kafka, key=_turn, reverse=True)]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed_on_kafka.append("kafka" in report.keywords)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        side_by_side = session.config.getvalue("dist") == "loadgroup" and not hasattr(session.config, "workerinput")
        if side_by_side and exitstatus == pytest.ExitCode.TESTS_FAILED and self._failed_on_kafka and all(self._failed_on_kafka):
            session.exitstatus = FAILED_ON_KAFKA


def _turn(item: pytest.Item) -> int:
    """Where among the others a test begins; the order of those that are equal in it stays."""
    is_long = item.get_closest_marker("slow") or item.get_closest_marker("kafka")
    return next((turn for turn, place in enumerate(FIRST) if is_long and item.nodeid.startswith(place)), len(FIRST) + (not is_long))


def _number(worker_id: str) -> int:
    return int(worker_id.removeprefix("gw"))


class _ByPlace(LoadScopeScheduling):
    """Of the tests in their order some processes take the first, and the others the last, until they meet."""

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        # What is done need not be counted again with every test that is.
        given = self.assigned_work[node]
        for place in [place for place, tests in given.items() if all(tests.values())]:
            del given[place]
        if _number(node.gateway.id) >= computing(self.numnodes):
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)
