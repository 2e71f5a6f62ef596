"""Each broker has its own requests: one that hangs holds up what it leads, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from broker.client.produce import Fenced, Producer, Write, WriteFailed
from tests.broker.client.fake_client import FakeClient, in_a_loop, place

NOT_LEADER, NOT_ENOUGH_REPLICAS, INVALID_EPOCH, OUT_OF_ORDER = 6, 19, 47, 45


def write(partition: int) -> Write:
    return Write("t", partition, b"batch", 1)


def producer(client: Any, deadline_seconds: float = 30.0) -> Producer:
    return Producer(client, deadline_seconds)


async def steps() -> None:
    """Lets everything happen that waits for nothing but its turn."""
    for _ in range(20):
        await asyncio.sleep(0)


@in_a_loop
async def test_what_gathers_goes_in_one_request_to_each_leader() -> None:
    client = FakeClient({place(0): 1, place(1): 2, place(2): 1})
    sending = producer(client)
    assert await sending.send([write(0), write(1), write(2)]) == [0, 0, 0]
    assert client.requests == [(1, [place(0), place(2)]), (2, [place(1)])]
    assert await sending.send([write(0)]) == [1]


@in_a_loop
async def test_a_leader_that_hangs_holds_up_only_what_it_leads() -> None:
    client = FakeClient({place(0): 1, place(1): 2})
    client.hung = {1}
    sending = producer(client)
    done: list[int] = []
    for partition in (0, 1):
        sending.put([write(partition)], lambda _, partition=partition: done.append(partition), pytest.fail)
    await steps()
    assert done == [1]
    assert await sending.send([write(1)]) == [1]
    client.leads[place(0)] = 2
    client.woken.set()
    await until(lambda: done == [1, 0])


@in_a_loop
async def test_a_write_goes_to_whoever_leads_by_then() -> None:
    client = FakeClient({place(0): 1})
    client.leads[place(0)] = 2
    assert await producer(client).send([write(0)]) == [0]
    assert [node for node, _ in client.requests] == [1, 2]


@in_a_loop
async def test_batches_of_a_partition_go_one_after_the_other_in_their_order() -> None:
    client = FakeClient({place(0): 1})
    client.codes[place(0)] = [NOT_ENOUGH_REPLICAS]
    sending = producer(client)
    order: list[int] = []
    for number in range(3):
        sending.put([write(0)], lambda offsets, number=number: order.append(number), pytest.fail)
    await until(lambda: len(order) == 3)
    assert order == [0, 1, 2]
    assert len(client.requests) == 4


@in_a_loop
async def test_a_write_that_no_leader_took_by_the_deadline_has_failed_and_the_others_have_not() -> None:
    client = FakeClient({place(0): 1, place(1): 2})
    client.codes[place(0)] = [NOT_ENOUGH_REPLICAS] * 100
    sending = producer(client, 0.05)
    assert await sending.send([write(1)]) == [0]
    with pytest.raises(WriteFailed, match=r"not acknowledged within 0\.05 s: t/0: NotEnoughReplicasError"):
        await sending.send([write(0)])


@pytest.mark.parametrize(("code", "error"), [(INVALID_EPOCH, Fenced), (OUT_OF_ORDER, WriteFailed)])
@in_a_loop
async def test_what_trying_again_does_not_mend_is_told_at_once(code: int, error: type[Exception]) -> None:
    client = FakeClient({place(0): 1})
    client.codes[place(0)] = [code]
    with pytest.raises(error, match="t/0"):
        await producer(client).send([write(0)])
    assert len(client.requests) == 1


@in_a_loop
async def test_what_is_given_up_before_it_was_sent_is_not_sent() -> None:
    client = FakeClient({place(0): 1})
    sending = producer(client)
    task = asyncio.create_task(sending.send([write(0)]))
    task.cancel()
    await steps()
    assert client.requests == []


async def until(condition: Any) -> None:
    """Waits for what a pause between two tries is part of."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not within ten seconds")
