"""Tests that share what takes long to start, and so run in one process where tests run side by side."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# A cluster of three brokers; a demo that is run once.
TOGETHER = ("tests/cluster/", "tests/tidemark/demo/test_demo.py::")


class Together:
    """A pytest plugin for `--dist loadgroup`: the tests of each of these places go to one process, every other to whoever is free.

    xdist's own marker for this does nothing: it puts the group where this pytest does not look for a test's id.
    """

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
        return _ByPlace(config, log) if config.getvalue("dist") == "loadgroup" else None


class _ByPlace(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in TOGETHER if nodeid.startswith(place)), nodeid)
