"""At an assignment: what may still be ours is taken back first and without recovery, and no partition waits for another."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from agents.ownership.ownership import Ownership
from agents.ownership.takeover import OwnershipSettings, Takeover
from agents.readiness import Readiness, ReadinessSettings
from agents.turns.committer import no_probe
from broker.client.fetch import PositionLost
from broker.client.produce import Producer
from tables.commit_log import Corrupt
from tests.broker.client.fake_client import FakeClient, in_a_loop

SETTINGS = OwnershipSettings("", "changelog", ["orders"], [], {}, 0, 30, ())


class FakeTakeover:
    """Partitions in `hung` have a leader that does not answer; those in `lost` were taken by somebody else meanwhile."""

    def __init__(self, hung: set[int], lost: set[int]) -> None:
        self.hung = hung
        self.lost = lost
        self.asked: list[str] = []

    async def still_ours(self, shard: Any) -> bool:
        self.asked.append(f"still {shard.partition}")
        await self._answer(shard.partition)
        return shard.partition not in self.lost

    async def take(self, partition: int) -> Any:
        self.asked.append(f"take {partition}")
        await self._answer(partition)
        return shard_of(partition), {}

    async def _answer(self, partition: int) -> None:
        await (asyncio.Event().wait() if partition in self.hung else asyncio.sleep(0))


def shard_of(partition: int) -> Any:
    return SimpleNamespace(
        partition=partition,
        positions={"orders": partition},
        forget_waiting=lambda: None,
        in_hand=lambda: False,
        would_say_again=lambda: False,
        log=SimpleNamespace(topic="changelog"),
        table=SimpleNamespace(head=SimpleNamespace(turn=1)),
    )


async def taken(takeover: Any, ours_before: list[int], assigned: set[int], opened: dict[Any, int]) -> Ownership:
    committer: Any = SimpleNamespace(idle=lambda: asyncio.sleep(0), publish_again=lambda *_: asyncio.sleep(0))

    def failed(error: BaseException) -> None:
        raise AssertionError from error

    told = Readiness(ReadinessSettings(30, 60, 5), lambda topic, partition: None, lambda: 0.0)
    ownership = Ownership(takeover, committer, SETTINGS, opened.update, lambda _: None, failed, lambda: 1, 1.0, told)
    ownership.shards = {partition: shard_of(partition) for partition in ours_before}
    await ownership.revoked()
    ownership.assigned(frozenset(assigned), 2)
    for _ in range(20):
        await asyncio.sleep(0)
    return ownership


def test_what_is_still_ours_comes_first_and_is_not_recovered() -> None:
    takeover = FakeTakeover(hung=set(), lost={4})
    opened: dict[Any, int] = {}
    ownership = asyncio.run(taken(takeover, [2, 4, 5], {0, 1, 2, 4}, opened))
    assert set(ownership.shards) == {0, 1, 2, 4}
    assert takeover.asked[:2] == ["still 2", "still 4"]
    assert {"take 0", "take 1", "take 4"} == {asked for asked in takeover.asked if asked.startswith("take")}
    assert opened == {("orders", partition): partition for partition in (0, 1, 2, 4)}


def test_one_whose_leader_hangs_holds_up_no_other() -> None:
    takeover = FakeTakeover(hung={0, 2}, lost=set())
    opened: dict[Any, int] = {}
    ownership = asyncio.run(taken(takeover, [2, 3], {0, 1, 2, 3}, opened))
    assert set(ownership.shards) == {1, 3}
    assert set(opened) == {("orders", 1), ("orders", 3)}


def takeover_of(client: Any) -> Takeover:
    settings = OwnershipSettings("", "changelog", ["orders"], ["gifts"], {}, 0, 1, ())
    return Takeover(client, Producer(client, 1), settings, no_probe)


@in_a_loop
async def test_a_changelog_that_is_empty_where_outputs_stand_was_lost() -> None:
    client = FakeClient({("gifts", 0): 1, ("gifts", 1): 1})
    client.ends = {("gifts", 0): 5}
    with pytest.raises(Corrupt, match=r"changelog/0 has lost what was committed .*gifts/0"):
        await takeover_of(client)._never_committed(0)
    await takeover_of(client)._never_committed(1)


class Waking(FakeClient):
    """A broker that says what was so before it slept, until it has heard of what is now."""

    def force_metadata_update(self) -> asyncio.Future[bool]:
        self.ends = {("orders", 0): 9}
        return super().force_metadata_update()


@in_a_loop
async def test_what_a_waking_broker_says_is_asked_again_before_anything_is_called_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.ownership.takeover._LOOK_AGAIN_SECONDS", 0)
    client = Waking({("orders", 0): 1})
    client.ends = {("orders", 0): 4}
    assert await takeover_of(client)._positions(0, {"orders": 9}) == {"orders": 9}


@in_a_loop
async def test_what_stays_lost_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.ownership.takeover._LOST_AFTER_SECONDS", 0)
    client = FakeClient({("orders", 0): 1})
    client.ends = {("orders", 0): 4}
    with pytest.raises(PositionLost, match="orders/0 ends at offset 4, but 9 was already read"):
        await takeover_of(client)._positions(0, {"orders": 9})
