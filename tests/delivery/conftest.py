"""A delivery of the test's own, on the shared servers or with a Redis that the test may stop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from devtools.kafka import Kafka
from devtools.redis import Redis
from streams.topics import TOPICS
from tests.delivery.flow import Flow
from tests.services.fixtures import MakeRedis


@pytest.fixture
def flow(kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path) -> Iterator[Flow]:
    """On the shared servers."""
    yield from _flow(kafka, redis_server, prefix, tmp_path)


@pytest.fixture
def own_redis(make_redis: MakeRedis) -> Redis:
    """A Redis that keeps what it was given, started."""
    server = make_redis(append_only=True)
    server.start()
    return server


@pytest.fixture
def own_flow(kafka: Kafka, own_redis: Redis, prefix: str, tmp_path: Path) -> Iterator[Flow]:
    """With a Redis that the test may stop."""
    yield from _flow(kafka, own_redis, prefix, tmp_path)


def _flow(kafka: Kafka, redis: Redis, prefix: str, folder: Path) -> Iterator[Flow]:
    made = Flow(kafka.bootstrap, redis.url, prefix, folder)
    yield made
    made.close()
    Cluster(Connection(kafka.bootstrap)).delete([prefix + topic.name for topic in TOPICS])
