"""One cluster of three brokers for all tests here, whole again after each, and a pipeline on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from devtools.kafka_cluster import KafkaCluster
from tests.crash.documents import definitions
from tests.crash.pipeline import Pipeline

SEED = 11
PARTITIONS = 4
# Longer than the cluster's brokers' own session, so that a coordinator may fail; requests that give up well before; and a rebalance as
# long as a cluster takes to elect leaders, since a worker that joins meanwhile asks the others to let go.
SETTINGS = {
    "REPLICATION": "3",
    "SESSION_TIMEOUT_MS": "6000",
    "REBALANCE_TIMEOUT_MS": "30000",
    "REQUEST_TIMEOUT_MS": "1500",
    "RENEW_FENCE_MS": "5000",
}


@pytest.fixture(scope="session")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """Started when the first test asks for it."""
    with KafkaCluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def cluster(shared_cluster: KafkaCluster) -> Iterator[KafkaCluster]:
    """For a test that may kill, stop and put to sleep its brokers."""
    yield shared_cluster
    shared_cluster.heal()


@pytest.fixture
def pipeline(cluster: KafkaCluster, prefix: str, tmp_path: Path) -> Iterator[Pipeline]:
    """Its topics are on the cluster, three replicas each."""
    made = Pipeline(cluster.bootstrap, prefix, tmp_path, definitions(SEED), PARTITIONS, **SETTINGS)
    # A producer that finds no leader at first asks all brokers again without a pause, and starves them.
    cluster.heal()
    yield made
    made.close()
    cluster.heal()
    Cluster(Connection(cluster.bootstrap)).delete(made.topic_names())
