"""Which process runs a test where they run side by side, and when: what shares a start in one, what takes longest first."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# A cluster of three brokers; a demo that is run once; a compiled copy, for which others would only wait.
TOGETHER = ("tests/cluster/", "tests/tidemark/demo/test_demo.py::", "tests/tidemark/test_compiled.py::")

# What takes longest, begun last, would keep one process busy while the others have nothing left to do. After these whatever is slow.
FIRST = (
    "tests/replay/test_against_oracle.py::test_seventy_thousand_orders",
    "tests/moving/",
    "tests/crash/",
    "tests/benchmarks/test_full_rules_peer.py",
    "tests/replay/test_against_oracle.py",
    "tests/oracle/test_generated.py",
)


class Together:
    """A pytest plugin for `--dist loadgroup`: the tests of each of these places go to one process, every other to whoever is free.

    xdist's own marker for this does nothing: it puts the group where this pytest does not look for a test's id.
    """

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
        return _ByPlace(config, log) if config.getvalue("dist") == "loadgroup" else None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        # In each of xdist's processes, whose order is the one in which tests are given out.
        if hasattr(config, "workerinput"):
            items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Where among the others a test begins; the order of those that are equal in it stays."""
    is_long = item.get_closest_marker("slow") or item.get_closest_marker("kafka")
    return next((turn for turn, place in enumerate(FIRST) if is_long and item.nodeid.startswith(place)), len(FIRST) + (not is_long))


class _ByPlace(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)
