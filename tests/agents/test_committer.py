"""No partition's turn waits for another's: a broker that hangs holds up what it leads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from agents.turns.committer import Committer, no_probe
from agents.turns.shard import Sealed
from broker.client.produce import Identity, Producer
from broker.wire.batches import NO_HEADERS, entry
from tables.commit_log import CommitLog
from tests.broker.client.fake_client import FakeClient, in_a_loop

HUNG, WELL = 1, 2


def shard_of(partition: int) -> Any:
    return SimpleNamespace(partition=partition, log=CommitLog("changelog", partition, Identity(1, 0), 0), published_through=0)


def turn_of(shard: Any, turn: int) -> Sealed:
    written = [entry(b"key", b"value", NO_HEADERS)]
    return Sealed(shard, turn, written, [], [], {"gifts": written}, {"orders": turn}, 1)


class Run:
    """A committer at work; partition 0's changelog and outputs are led by one broker, those of 1 by another."""

    def __init__(self) -> None:
        self.client = FakeClient(
            {(topic, partition): (HUNG, WELL)[partition] for topic in ("changelog", "gifts") for partition in (0, 1)}
        )
        self.told: dict[Any, int] = {}
        self.committer = Committer(
            Producer(self.client, 30),  # type: ignore[arg-type]
            Identity(2, 0),
            "",
            1_000,
            0.0,
            self._tell,
            None,
            no_probe,
        )
        self.running = asyncio.create_task(self.committer.run())

    async def _tell(self, positions: dict[Any, int]) -> None:
        self.told |= positions

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(1_000):
            if condition():
                return
            await asyncio.sleep(0.01)
        pytest.fail("not within ten seconds")


@in_a_loop
async def test_turns_of_one_go_on_while_those_of_another_are_held_up() -> None:
    run = Run()
    run.client.hung = {HUNG}
    held, well = shard_of(0), shard_of(1)
    await run.committer.put([turn_of(held, 1), turn_of(well, 1)])
    await run.until(lambda: well.published_through == 1)
    for turn in (2, 3):
        await run.committer.put([turn_of(well, turn)])
        await run.until(lambda turn=turn: well.published_through == turn)  # type: ignore[misc]
    assert held.published_through == 0
    assert run.told == {("orders", 1): 3}
    await run.until(lambda: run.committer.held_up(0))
    assert not run.committer.held_up(1)
    # One more may wait, and no further one.
    assert run.committer.has_room(0)
    await run.committer.put([turn_of(held, 2)])
    assert not run.committer.has_room(0)

    run.client.leads = dict.fromkeys(run.client.leads, WELL)
    run.client.woken.set()
    await run.committer.idle()
    assert held.published_through == 2
    assert held.log.expected_offset == 2
    run.running.cancel()


@in_a_loop
async def test_a_refused_commit_ends_the_run() -> None:
    run = Run()
    run.client.codes["changelog", 1] = [47]
    await run.committer.put([turn_of(shard_of(1), 1)])
    with pytest.raises(Exception, match="changelog/1 has another owner"):
        await run.running
