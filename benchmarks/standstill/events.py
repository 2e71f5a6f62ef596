"""What is done to the cluster or to a worker while orders flow; each takes as long as it takes, and leaves the brokers whole."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import NamedTuple

from confluent_kafka.admin import AdminClient

from benchmarks.standstill.workers import Workers
from devtools.kafka_cluster import NODES, KafkaCluster

AWAY_SECONDS = 20.0
_TIMEOUT_SECONDS = 30


class Scene(NamedTuple):
    """What an event is done to; `prefix`: of the topics and the group."""

    cluster: KafkaCluster
    workers: Workers
    prefix: str

    def leader(self) -> int:
        """Who leads the first partition of the changelog."""
        return self.cluster.leaders(f"{self.prefix}aggregate-changelog")[0]

    def coordinator(self) -> int:
        """Of the aggregation's consumer group."""
        admin = AdminClient({"bootstrap.servers": self.cluster.bootstrap, "log_level": 0})
        group = f"{self.prefix}aggregate"
        found = admin.describe_consumer_groups([group], request_timeout=_TIMEOUT_SECONDS)[group].result()
        assert found.coordinator is not None
        return int(found.coordinator.id)


def _kill_leader(scene: Scene) -> None:
    scene.cluster.kill(scene.leader())
    time.sleep(AWAY_SECONDS)


def _sleep_leader(scene: Scene) -> None:
    node = scene.leader()
    scene.cluster.sleep(node)
    time.sleep(AWAY_SECONDS)
    scene.cluster.wake(node)


def _kill_coordinator(scene: Scene) -> None:
    scene.cluster.kill(scene.coordinator())
    time.sleep(AWAY_SECONDS)


def _kill_two(scene: Scene) -> None:
    for node in NODES[:2]:
        scene.cluster.kill(node)
    time.sleep(AWAY_SECONDS)


def _restart_in_turn(scene: Scene) -> None:
    for node in NODES:
        scene.cluster.stop(node)
        scene.cluster.heal()


def _kill_worker(scene: Scene) -> None:
    scene.workers.signal(signal.SIGKILL)


def _stop_worker(scene: Scene) -> None:
    scene.workers.signal(signal.SIGTERM)


EVENTS: dict[str, Callable[[Scene], None]] = {
    "a leader killed (-9), back after 20 s": _kill_leader,
    "a leader asleep for 20 s": _sleep_leader,
    "the group's coordinator killed (-9), back after 20 s": _kill_coordinator,
    "two of three brokers killed (-9), back after 20 s": _kill_two,
    "every broker restarted, one after the other": _restart_in_turn,
    "a worker killed (-9), started again at once": _kill_worker,
    "a worker stopped (SIGTERM), started again at once": _stop_worker,
}
