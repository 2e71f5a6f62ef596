"""Fixtures of the real servers. The shared ones start once a run, when the first test asks for them; one Kafka for all processes."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtools.certificates import Certificates, make_certificates
from devtools.kafka import Kafka
from devtools.kafka_properties import Login
from devtools.redis import Redis
from tests.services.shared import data_folder, shared, shared_folder

MakeKafka = Callable[..., Kafka]
MakeRedis = Callable[..., Redis]

LOGIN = Login("shop", "right")


@pytest.fixture(scope="session")
def certificates(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """What the shared broker shows, and what it asks for, where it is spoken to by TLS."""
    folder = shared_folder(tmp_path_factory) / "certificates"
    return shared(pytestconfig, folder, lambda: make_certificates(folder))


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, certificates: Certificates) -> Kafka:
    """The broker that all tests share, running: keep to topics and groups under `prefix`, and never stop it.

    It listens without a password, with `LOGIN`, and by TLS.
    """
    folder = shared_folder(tmp_path_factory) / "kafka"

    def make() -> Kafka:
        return Kafka(folder / "server", login=LOGIN, certificates=certificates, data=data_folder(folder) / "broker")

    def end(made: Kafka) -> None:
        # Nobody needs what it has: it need not put it away in order.
        made.kill()
        shutil.rmtree(made.data.parent)

    return shared(pytestconfig, folder, make, Kafka.start, end)


@pytest.fixture
def make_kafka(tmp_path: Path) -> Iterator[MakeKafka]:
    """Makes a broker of the test's own, not yet started, to stop, kill and restart; takes Kafka's keywords."""
    made: list[Kafka] = []

    def make(**options: object) -> Kafka:
        made.append(Kafka(tmp_path / f"kafka-{len(made)}", **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for server in made:
        server.kill()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """The Redis that all tests share, running: keep to keys under `prefix`, and never stop it."""
    with Redis(tmp_path_factory.mktemp("redis")) as shared:
        yield shared


@pytest.fixture
def make_redis(tmp_path: Path) -> Iterator[MakeRedis]:
    """Makes a Redis of the test's own, not yet started, to stop, kill and restart; takes Redis's keywords."""
    made: list[Redis] = []

    def make(**options: object) -> Redis:
        made.append(Redis(tmp_path / f"redis-{len(made)}", **options))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for server in made:
        server.kill()


@pytest.fixture
def prefix() -> str:
    """A prefix of the test's own for topics, groups and Redis keys, as TIDEMARK_PREFIX takes it."""
    return f"t{uuid.uuid4().hex[:10]}."
