"""A worker's view of the definitions, while others publish (spec 2.5). On the embedded broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.json import encode

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.fence import acquire
from broker.client.produce import Producer, Write, settled
from broker.embedded import EmbeddedBroker
from broker.wire.batches import NO_HEADERS, build, entry
from rules.definitions.saved import FORMAT, NewerFormat, Saved
from rules.rulebook.rulebook import Rulebook
from streams.definitions import Definitions
from tests.oracle.examples import program, spend

TOPIC = "definitions"
Append = Callable[[bytes], Awaitable[None]]


@asynccontextmanager
async def following() -> AsyncIterator[tuple[Definitions, list[Rulebook], asyncio.Task[None], Append]]:
    """The view, the rulebooks that it told of, what follows the topic, and what appends to it."""
    with EmbeddedBroker() as broker:
        client = await open_client(Connection(broker.servers), "test")
        told: list[Rulebook] = []
        try:
            await settled(client, [TOPIC])
            identity = await acquire(client, None, 10.0)

            async def append(value: bytes) -> None:
                key = b"key %d" % len(told)
                batch = build([entry(key, value, NO_HEADERS)], 1, identity.producer_id, identity.epoch, identity.take(TOPIC, 0, 1))
                await Producer(client, 10.0).send([Write(TOPIC, 0, batch.data, batch.records)])

            definitions = Definitions(client, TOPIC, lambda rulebook, _: told.append(rulebook))
            await definitions.read_to_end()
            task = asyncio.create_task(definitions.follow())
            yield definitions, told, task, append
            task.cancel()
        finally:
            await client.close()


def version(document: dict[str, Any], **fields: Any) -> bytes:
    return encode(Saved(kind=document["kind"], code=document["code"], version=1, saved_at_ms=0, document=document | fields))


async def until(held: Callable[[], bool], task: asyncio.Task[None]) -> None:
    async with asyncio.timeout(60):
        while not held():
            assert not task.done(), task
            await asyncio.sleep(0.01)


def test_one_that_is_left_out_is_told_and_the_next_are_taken_up() -> None:
    async def run() -> None:
        async with following() as (definitions, told, task, append):
            await append(version(program()))
            await append(version(spend(code="broken"), limits={"per_member": 0}))
            await append(b"no version at all")
            await append(version(spend()))
            await until(lambda: 3 in definitions.rulebook.activities, task)
            assert [each.ref for each in told[-1].left_out] == [1] and definitions.versions.unreadable == 1
            assert told[-1] is definitions.rulebook

    asyncio.run(run())


def test_one_of_a_newer_format_ends_who_follows() -> None:
    async def run() -> None:
        async with following() as (_, _, task, append):
            await append(version(program()))
            await append(encode({"format": FORMAT + 1, "release": "2.0"}))
            with pytest.raises(NewerFormat, match=r"run release '2\.0' or later"):
                async with asyncio.timeout(60):
                    await task

    asyncio.run(run())
