"""The view of the definitions while the broker that leads their topic hangs: what it waits for, and the next leader."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from streams import definitions as definitions_module
from streams.definitions import Definitions
from tests.broker.client.fake_client import FakeClient, in_a_loop

TOPIC = "definitions"
HUNG, NEXT = 1, 2


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions_module, "_LOOK_SECONDS", 0.01)


async def until(held: Callable[[], bool], *tasks: asyncio.Task[None]) -> None:
    async with asyncio.timeout(30):
        while not held():
            for task in tasks:
                assert not task.done() or task.result() is None
            await asyncio.sleep(0.005)


@in_a_loop
async def test_a_next_leader_is_asked_though_the_one_before_has_not_answered() -> None:
    client: Any = FakeClient({(TOPIC, 0): HUNG})
    definitions = Definitions(client, TOPIC)
    await definitions.read_to_end()
    client.hung = {HUNG}
    following = asyncio.create_task(definitions.follow())
    await until(lambda: bool(definitions.silence), following)
    assert definitions.silence == "broker 1, which leads definitions, does not answer"
    young = definitions.age_seconds()
    # Whoever folds waits, and no other broker is asked: only who leads the topic knows where it ends.
    waiting = asyncio.create_task(definitions.fresh(young / 2))
    asked = len(client.requests)
    await asyncio.sleep(0.1)
    assert not waiting.done()
    assert {node for node, _ in client.requests[asked - 1 :]} == {HUNG}

    client.leads[TOPIC, 0] = NEXT
    await until(waiting.done, following)
    assert definitions.silence == "" and client.requests[-1][0] == NEXT
    # The first request was never answered.
    assert not client.woken.is_set()
    following.cancel()


@in_a_loop
async def test_an_error_is_told_as_what_the_view_grows_old_of() -> None:
    client: Any = FakeClient({(TOPIC, 0): HUNG})
    definitions = Definitions(client, TOPIC)
    await definitions.read_to_end()
    client.leads[TOPIC, 0] = NEXT
    client.force_metadata_update = lambda: asyncio.get_running_loop().create_future()
    following = asyncio.create_task(definitions.follow())
    await until(lambda: bool(definitions.silence), following)
    assert definitions.silence.startswith("definitions could not be read: NotLeaderForPartitionError")
    following.cancel()
