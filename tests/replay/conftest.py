"""Both brokers that `tidemark replay` runs on."""

from __future__ import annotations

import pytest

from devtools.kafka import Kafka


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def broker(request: pytest.FixtureRequest) -> list[str]:
    """The arguments that name it: none for the embedded one."""
    if request.param == "embedded":
        return []
    server: Kafka = request.getfixturevalue("kafka")
    return ["--broker", server.bootstrap]
