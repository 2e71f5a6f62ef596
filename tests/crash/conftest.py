"""A pipeline of the test's own, on the shared Kafka or on one that the test may stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from devtools.kafka import Kafka
from tests.crash.documents import definitions
from tests.crash.pipeline import Pipeline
from tests.services.fixtures import MakeKafka

SEED = 11


@pytest.fixture
def pipeline(kafka: Kafka, prefix: str, tmp_path: Path, partitions: int) -> Iterator[Pipeline]:
    """On the shared Kafka."""
    made = Pipeline(kafka.bootstrap, prefix, tmp_path, definitions(SEED), partitions)
    yield made
    made.close()
    Cluster(Connection(kafka.bootstrap)).delete(made.topic_names())


@pytest.fixture
def partitions() -> int:
    """Of every topic; a test may override it by a parameter of this name."""
    return 4


@pytest.fixture
def make_own(make_kafka: MakeKafka, prefix: str, tmp_path: Path, partitions: int) -> Iterator[Callable[[], tuple[Kafka, Pipeline]]]:
    """Makes a Kafka of the test's own, started, with a pipeline on it."""
    made: list[Pipeline] = []

    def make() -> tuple[Kafka, Pipeline]:
        kafka = make_kafka()
        kafka.start()
        made.append(Pipeline(kafka.bootstrap, prefix, tmp_path, definitions(SEED), partitions))
        return kafka, made[-1]

    yield make
    for each in made:
        each.close()
