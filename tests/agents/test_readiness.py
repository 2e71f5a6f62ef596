"""Each thing that keeps a worker from its work is said by `/readyz`, and shown by partition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from prometheus_client import REGISTRY

from agents.readiness import Readiness, ReadinessSettings

SILENT, STUCK, DEFINITIONS = 30.0, 60.0, 5.0


@dataclass
class Partition:
    """As a shard stands."""

    partition: int
    positions: dict[str, int] = field(default_factory=lambda: {"orders": 10})
    published_through: int = 3
    oldest_ms: int | None = None

    def members(self) -> int:
        return 7

    def unpublished(self) -> int:
        return 0

    def oldest_waiting_ms(self) -> int | None:
        return self.oldest_ms


class World:
    """A worker with partitions 0 and 1, a clock, and what brokers have answered."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.definitions_read_at = self.now
        self.silence = ""
        self.heard: dict[tuple[str, int], tuple[int, float]] = {}
        self.partitions = {number: Partition(number) for number in (0, 1)}
        self.readiness = Readiness(
            ReadinessSettings(SILENT, STUCK, DEFINITIONS),
            lambda topic, partition: self.heard.get((topic, partition)),
            lambda: self.now - self.definitions_read_at,
            lambda: self.silence,
            lambda: self.now,
        )

    def take_over(self) -> None:
        self.readiness.assigned(self.partitions)
        for number in self.partitions:
            self.readiness.taking_over(number)
            self.readiness.taken(number)

    def pass_(self, seconds: float, *, deaf: tuple[int, ...] = (), end: int = 10) -> tuple[str, ...]:
        """Time goes by, all else being well; what is said then."""
        for _ in range(int(seconds)):
            self.now += 1
            self.definitions_read_at = self.now
            self.heard |= {("orders", number): (end, self.now) for number in self.partitions if number not in deaf}
            self.readiness.look(self.partitions, int(self.now * 1000))
        return self.readiness.reasons


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.readiness.let_go()


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_a_worker_to_which_nothing_comes_is_ready_for_good(world: World) -> None:
    world.take_over()
    assert world.pass_(10 * STUCK) == ()
    assert shown("tidemark_ready") == 1
    assert shown("tidemark_partitions") == 2
    assert shown("tidemark_members", partition="1") == 7


def test_before_it_is_in_the_group_and_while_partitions_are_given_out(world: World) -> None:
    assert world.readiness.reasons == ("it has not joined the group yet",)
    world.take_over()
    assert world.pass_(1) == ()
    world.readiness.let_go()
    assert world.readiness.reasons == ("it is not in the group: partitions are being given out",)
    world.partitions = {}
    assert world.pass_(1) == ("it is not in the group: partitions are being given out",)


def test_one_that_the_group_gives_nothing_is_ready(world: World) -> None:
    world.partitions = {}
    world.readiness.assigned([])
    assert world.pass_(1) == ()


def test_until_every_partition_is_taken_over(world: World) -> None:
    world.readiness.assigned(world.partitions)
    world.readiness.taking_over(0)
    assert shown("tidemark_partition_state", partition="0", state="taking_over") == 1
    assert shown("tidemark_partition_state", partition="1", state="assigned") == 1
    assert world.pass_(1) == ("not taken over yet: partitions 0, 1",)
    world.readiness.taken(0)
    assert world.pass_(1) == ("not taken over yet: partitions 1",)
    world.readiness.taken(1)
    assert world.pass_(1) == ()
    assert shown("tidemark_partition_state", partition="1", state="ready") == 1
    assert shown("tidemark_partition_state", partition="1", state="assigned") == 0


def test_with_definitions_that_nobody_has_looked_at_for_long(world: World) -> None:
    world.take_over()
    assert world.pass_(1) == ()
    world.now += DEFINITIONS + 1
    world.readiness.look(world.partitions, 0)
    assert "its definitions were read 6 s ago" in world.readiness.reasons
    world.silence = "broker 2, which leads definitions, does not answer"
    world.readiness.look(world.partitions, 0)
    assert "its definitions were read 6 s ago: broker 2, which leads definitions, does not answer" in world.readiness.reasons


def test_a_deaf_one_is_not_taken_for_idle(world: World) -> None:
    world.take_over()
    assert world.pass_(SILENT, deaf=(1,)) == ()
    assert world.pass_(2, deaf=(1,)) == ("partition 1 is deaf: no broker has answered of its sources for 32 s",)
    assert shown("tidemark_ready") == 0
    assert world.pass_(1) == ()


def test_records_that_wait_and_no_turn(world: World) -> None:
    world.take_over()
    assert world.pass_(1) == ()
    world.partitions[0].oldest_ms = int(world.now * 1000)
    assert world.pass_(STUCK - 1, end=15) == ()
    world.partitions[1].published_through += 1
    (said,) = world.pass_(2, end=15)
    assert said == "partition 0 is stuck: 5 records wait, and no turn went through for 61 s"
    assert shown("tidemark_records_behind", partition="0") == 5
    assert shown("tidemark_seconds_behind", partition="0") == 61
    assert shown("tidemark_seconds_behind", partition="1") == 0
    world.partitions[0].published_through += 1
    assert world.pass_(1, end=15) == ()


def test_of_a_partition_that_was_let_go_of_nothing_is_shown(world: World) -> None:
    world.take_over()
    world.pass_(1)
    assert shown("tidemark_records_behind", partition="0") == 0
    world.readiness.let_go()
    for name in ("tidemark_members", "tidemark_records_behind", "tidemark_seconds_behind"):
        assert shown(name, partition="0") is None
    assert shown("tidemark_partition_state", partition="0", state="ready") is None
