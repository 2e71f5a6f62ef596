"""Three Kafka brokers on this machine, each also a controller, for tests of what happens when one of them dies, hangs or is moved."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import ElectionType, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from devtools.kafka import QUICK_START, Kafka
from devtools.kafka_properties import HOST
from devtools.kafka_storage import new_id
from devtools.ports import free_ports

NODES = (1, 2, 3)
# Three of them on a developer's machine.
_SMALL = (*QUICK_START, "-Xmx256m")
_START_SECONDS = 180.0
_POLL_SECONDS = 0.25

_SETTINGS = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    # Leaders move when a test says so.
    "auto.leader.rebalance.enable": "false",
    # A third of the default: a broker that hangs is replaced after it, and tests wait for that.
    "broker.heartbeat.interval.ms": "500",
    "broker.session.timeout.ms": "3000",
    "replica.lag.time.max.ms": "5000",
    # Fewer threads, and no record every half a second that says nothing: what three brokers do while nothing comes adds up.
    "num.network.threads": "1",
    "num.io.threads": "2",
    "background.threads": "2",
    "metadata.max.idle.interval.ms": "10000",
}

_ELECTION_SECONDS = 10.0


class KafkaCluster:
    """Brokers 1, 2 and 3, replication 3, two in-sync replicas at least; as a context manager they run while it is entered."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, data: Path | None = None) -> None:
        """`settings`: added to each server.properties. `data`: a folder for the data of all; without it each has its own in its folder."""
        self._folder = folder
        plain, controllers = free_ports(len(NODES)), free_ports(len(NODES))
        voters = ",".join(f"{node}@{HOST}:{port}" for node, port in zip(NODES, controllers, strict=True))
        cluster_id = new_id()
        self.brokers = {
            node: Kafka(
                folder / f"broker-{node}",
                port=port,
                controller_port=controller,
                cluster_id=cluster_id,
                jvm=_SMALL,
                data=None if data is None else data / f"broker-{node}",
                settings={**_SETTINGS, **(settings or {}), "node.id": str(node), "controller.quorum.voters": voters},
            )
            for node, port, controller in zip(NODES, plain, controllers, strict=True)
        }
        self.bootstrap = ",".join(broker.bootstrap for broker in self.brokers.values())

    def __enter__(self) -> Self:
        self.start(NODES)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        for broker in self.brokers.values():
            broker.kill()

    def start(self, nodes: Iterable[int]) -> None:
        """Starts these brokers side by side, as a quorum needs two, and waits until all three are in the cluster."""
        for node in nodes:
            broker = self.brokers[node]
            broker.folder.mkdir(parents=True, exist_ok=True)
            broker.prepare()
            broker.process.start(lambda: True, _START_SECONDS)
        self._until(lambda: len(self._metadata_brokers()) == len(NODES), f"brokers {sorted(nodes)} are in the cluster")

    def heal(self) -> None:
        """Wakes and starts whatever sleeps or is down, and waits until every replica is in sync."""
        for broker in self.brokers.values():
            if broker.process.is_running():
                broker.process.signal(signal.SIGCONT)
        self.start([node for node, broker in self.brokers.items() if not broker.process.is_running()])
        self._until(self._in_sync, "all replicas are in sync")

    def kill(self, node: int) -> None:
        """kill -9."""
        self.brokers[node].kill()

    def stop(self, node: int) -> None:
        """Shuts it down in order: it hands over what it leads first."""
        self.brokers[node].stop()

    def sleep(self, node: int) -> None:
        """SIGSTOP."""
        self.brokers[node].process.signal(signal.SIGSTOP)

    def wake(self, node: int) -> None:
        """SIGCONT."""
        self.brokers[node].process.signal(signal.SIGCONT)

    def leaders(self, topic: str) -> dict[int, int]:
        """The broker that leads each partition."""
        # Held until it has answered: a client that is let go of answers nothing.
        admin = self._admin()
        described = admin.describe_topics(TopicCollection([topic]), request_timeout=10)[topic].result()
        return {partition.id: partition.leader.id for partition in described.partitions if partition.leader is not None}

    def elect_preferred(self, topics: Iterable[str]) -> None:
        """Moves the leaders of these topics back to where they were created to be, and waits until they lead."""
        wanted = set(topics)

        def led_elsewhere() -> list[TopicPartition]:
            return [
                TopicPartition(topic.topic, partition.id)
                for topic in self._admin().list_topics(timeout=10).topics.values()
                if topic.topic in wanted
                for partition in topic.partitions.values()
                if partition.leader != partition.replicas[0]
            ]

        def elected() -> bool:
            # The controller may have moved too, and what it was asked be lost with it: asked again, of whoever it is by then.
            if moving := led_elsewhere():
                admin = self._admin()
                # With its own timeout: the client's wrapper (2.x) fails on any that is given.
                admin.elect_leaders(ElectionType.PREFERRED, moving).result(_ELECTION_SECONDS)
            return not led_elsewhere()

        self._until(elected, f"the preferred replicas of {sorted(wanted)} lead")

    def _in_sync(self) -> bool:
        topics = self._admin().list_topics(timeout=10).topics.values()
        return all(len(partition.isrs) == len(partition.replicas) for topic in topics for partition in topic.partitions.values())

    def _metadata_brokers(self) -> Mapping[int, object]:
        brokers: Mapping[int, object] = self._admin().list_topics(timeout=5).brokers
        return brokers

    def _admin(self) -> AdminClient:
        """Anew each time: an older one may hold on to a broker that hangs."""
        return AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0, "broker.address.family": "v4"})

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        give_up_at = time.monotonic() + _START_SECONDS
        while True:
            try:
                if condition():
                    return
            except (KafkaException, TimeoutError):
                pass
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"not within {_START_SECONDS} s: {what}; the logs are in {self._folder}")
            time.sleep(_POLL_SECONDS)
