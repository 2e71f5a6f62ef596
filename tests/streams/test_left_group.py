"""A worker that its group has forgotten in silence ends: aiokafka tells only who asks."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from streams.consumer.turn_consumer import LeftGroup, TurnConsumer


def test_a_member_that_the_coordinator_refuses_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.consumer.turn_consumer._WATCH_SECONDS", 0)
    answers = iter([None, KafkaError("Unexpected exception in heartbeat task: UnknownError()")])

    def check_errors() -> None:
        if (error := next(answers)) is not None:
            raise error

    failed: list[BaseException] = []
    owner = SimpleNamespace(failed=failed.append)
    consumer: Any = SimpleNamespace(
        _group=SimpleNamespace(_coordinator=SimpleNamespace(check_errors=check_errors)),
        transport=SimpleNamespace(owner=owner, consuming=SimpleNamespace(group="shop.aggregate")),
    )
    asyncio.run(TurnConsumer._watch_group(consumer))
    (error,) = failed
    assert isinstance(error, LeftGroup)
    assert "no member of group shop.aggregate any more" in str(error)
    assert "UnknownError" in str(error)
