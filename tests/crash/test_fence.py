"""One owner a partition: the broker itself refuses what an earlier owner writes, to the changelog and to where outputs go."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.fence import renew
from broker.client.offsets import LATEST, offsets
from broker.client.produce import Fenced, Identity, Producer, Write, settled
from broker.wire.batches import NO_HEADERS, build, entry
from streams.topics import AGGREGATE_CHANGELOG, GIFTS
from tables.commit_log import CommitLog
from tests.crash.pipeline import Pipeline

INIT_PRODUCER_ID = 22

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def a_write(topic: str, identity: Identity) -> Write:
    sequence = identity.take(topic, 0, 1)
    batch = build([entry(b"key", b"value", NO_HEADERS)], 0, identity.producer_id, identity.epoch, sequence)
    return Write(topic, 0, batch.data, batch.records)


async def earlier_owner_writes(pipeline: Pipeline) -> None:
    client = await open_client(Connection(pipeline.bootstrap), "fence")
    try:
        changelog, gifts = pipeline.prefix + AGGREGATE_CHANGELOG, pipeline.prefix + GIFTS
        await settled(client, [changelog, gifts])
        producer = Producer(client, 30)
        earlier = await CommitLog.take(client, producer, changelog, 0, 30, 0)
        await producer.send([a_write(changelog, earlier.identity), a_write(gifts, earlier.identity)])
        owner = await CommitLog.take(client, producer, changelog, 0, 30, 0)
        await producer.send([a_write(gifts, owner.identity)])
        places = [(changelog, 0), (gifts, 0)]
        ends = await offsets(client, places, LATEST)
        for topic, _ in places:
            with pytest.raises(Fenced):
                await producer.send([a_write(topic, earlier.identity)])
        assert await offsets(client, places, LATEST) == ends
        await producer.send([a_write(changelog, owner.identity), a_write(gifts, owner.identity)])
    finally:
        await client.close()


def test_the_broker_refuses_an_earlier_owner(pipeline: Pipeline) -> None:
    asyncio.run(earlier_owner_writes(pipeline))


async def owner_renews(pipeline: Pipeline) -> None:
    client = await open_client(Connection(pipeline.bootstrap), "fence")
    try:
        changelog, gifts = pipeline.prefix + AGGREGATE_CHANGELOG, pipeline.prefix + GIFTS
        await settled(client, [changelog, gifts])
        producer = Producer(client, 30)
        owner = await CommitLog.take(client, producer, changelog, 0, 30, 0)
        held = owner.identity
        await producer.send([a_write(gifts, held)])
        for _ in range(2):
            await owner.renew(client, producer, 30, 0)
            await producer.send([a_write(gifts, owner.identity)])
        assert owner.identity.epoch > held.epoch
        with pytest.raises(Fenced):
            await producer.send([a_write(changelog, held)])
        later = await CommitLog.take(client, producer, changelog, 0, 30, 0)
        assert later.expected_offset == owner.expected_offset + 1
        with pytest.raises(Fenced):
            await owner.renew(client, producer, 30, 0)
        await later.renew(client, producer, 30, 0)
    finally:
        await client.close()


def test_an_owner_renews_its_epoch_and_an_earlier_owner_cannot(pipeline: Pipeline) -> None:
    asyncio.run(owner_renews(pipeline))


async def renews_without_an_answer(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, taken: bool) -> None:
    """A renewal is done, and its answer lost with the broker that would have known it again. `taken`: by another owner, meanwhile."""
    client, other = (
        await open_client(Connection(pipeline.bootstrap), "fence"),
        await open_client(Connection(pipeline.bootstrap), "other"),
    )
    try:
        changelog = pipeline.prefix + AGGREGATE_CHANGELOG
        await settled(client, [changelog])
        producer = Producer(client, 30)
        owner = await CommitLog.take(client, producer, changelog, 0, 30, 0)
        send = client.send
        answered: list[Any] = []

        async def answers_once_lost(node: int, request: Any, **more: Any) -> Any:
            answer = await send(node, request, **more)
            if request.API_KEY == INIT_PRODUCER_ID and not answered:
                answered.append(answer)
                if taken:
                    await CommitLog.take(other, Producer(other, 30), changelog, 0, 30, 0)
                else:
                    # Once more: the epoch before the newest is the only one that a broker knows again.
                    await renew(other, f"{changelog}-0", Identity(answer.producer_id, answer.producer_epoch), 30)
                raise KafkaConnectionError("the answer was lost")
            return answer

        monkeypatch.setattr(client, "send", answers_once_lost)
        if taken:
            with pytest.raises(Fenced):
                await owner.renew(client, producer, 30, 0)
            return
        expected = owner.expected_offset
        await owner.renew(client, producer, 30, 0)
        assert (len(answered), owner.expected_offset) == (1, expected + 1)
        await producer.send([a_write(changelog, owner.identity)])
    finally:
        await client.close()
        await other.close()


@pytest.mark.parametrize("taken", [False, True])
def test_an_owner_renews_its_epoch_where_the_answer_is_lost(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    asyncio.run(renews_without_an_answer(pipeline, monkeypatch, taken))
