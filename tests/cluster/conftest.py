"""One cluster of three brokers for all tests here, whole again after each, and a pipeline on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from devtools.kafka_cluster import KafkaCluster
from tests.crash.documents import definitions
from tests.crash.pipeline import Pipeline
from tests.services.shared import data_folder

SEED = 11
PARTITIONS = 3
# Sessions and requests as long as by default, which a busy machine keeps. Writes and rebalances may wait for as long as brokers take to
# start on it: that a write's deadline ends a worker is shown elsewhere.
SETTINGS = {
    "REPLICATION": "3",
    "SESSION_TIMEOUT_MS": "12000",
    "REBALANCE_TIMEOUT_MS": "60000",
    "WRITE_DEADLINE_MS": "240000",
    "RENEW_FENCE_MS": "5000",
}


@pytest.fixture(scope="session")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """Started when the first test asks for it."""
    folder = tmp_path_factory.mktemp("cluster")
    data = data_folder(folder)
    with KafkaCluster(folder, data=data) as cluster:
        yield cluster
    shutil.rmtree(data)


@pytest.fixture
def cluster(shared_cluster: KafkaCluster) -> Iterator[KafkaCluster]:
    """For a test that may kill, stop and put to sleep its brokers."""
    yield shared_cluster
    shared_cluster.heal()


@pytest.fixture
def pipeline(cluster: KafkaCluster, prefix: str, tmp_path: Path) -> Iterator[Pipeline]:
    """Its topics are on the cluster, three replicas each."""
    made = Pipeline(cluster.bootstrap, prefix, tmp_path, definitions(SEED), PARTITIONS, **SETTINGS)
    # Whole, with all its topics' replicas.
    cluster.heal()
    yield made
    made.close()
    cluster.heal()
    Cluster(Connection(cluster.bootstrap)).delete(made.topic_names())
