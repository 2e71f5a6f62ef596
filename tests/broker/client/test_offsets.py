"""Where partitions begin and end is asked of whoever leads them now."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.errors import NotLeaderForPartitionError

from broker.client.connection import BrokerUnavailable
from broker.client.offsets import LATEST, offsets
from broker.client.retries import patiently
from tests.broker.client.fake_client import FakeClient, in_a_loop, place


@in_a_loop
async def test_a_leader_that_has_moved_is_looked_up_anew() -> None:
    client: Any = FakeClient({place(0): 1, place(1): 1})
    client.leads[place(1)] = 2
    client.ends = {place(0): 7, place(1): 9}
    with pytest.raises(NotLeaderForPartitionError):
        await offsets(client, [place(0), place(1)], LATEST)
    assert await offsets(client, [place(0), place(1)], LATEST) == {place(0): 7, place(1): 9}


@in_a_loop
async def test_asking_patiently_outlives_an_election() -> None:
    client: Any = FakeClient({place(0): 1})
    client.codes[place(0)] = [6, 5, 6]
    assert await patiently(lambda: offsets(client, [place(0)], LATEST), "where t/0 ends", 30) == {place(0): 0}


@in_a_loop
async def test_asking_patiently_ends_with_what_was_asked_and_what_to_look_at() -> None:
    client: Any = FakeClient({place(0): 1})
    client.codes[place(0)] = [6] * 1_000
    with pytest.raises(BrokerUnavailable, match=r"did not say where t/0 ends within 0 s .*NotLeader.* has a leader"):
        await patiently(lambda: offsets(client, [place(0)], LATEST), "where t/0 ends", 0)
