"""The ways that `tidemark replay` goes."""

from __future__ import annotations

import pytest

from devtools.kafka import Kafka


@pytest.fixture(params=["in-process", "embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def broker(request: pytest.FixtureRequest) -> list[str]:
    """The arguments that name a broker; none: without one."""
    if request.param == "in-process":
        return []
    if request.param == "embedded":
        return ["--broker", "embedded"]
    server: Kafka = request.getfixturevalue("kafka")
    return ["--broker", server.bootstrap]
