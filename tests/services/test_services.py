"""The servers that other tests stand on keep what they promise: same place and data over stop, kill and restart."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic
from redis import Redis as Client

from devtools.kafka import Kafka
from devtools.kafka_properties import Login
from devtools.redis import Redis
from tests.services.fixtures import MakeKafka, MakeRedis

ROOT = Path(__file__).resolve().parents[2]


def test_shared_kafka_makes_a_topic_only_when_asked(kafka: Kafka, prefix: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    unknown = admin.list_topics(f"{prefix}typo", timeout=30).topics[f"{prefix}typo"].error
    assert unknown is not None
    assert unknown.code() == KafkaError.UNKNOWN_TOPIC_OR_PART
    _make_topic(kafka, f"{prefix}orders")
    assert len(admin.list_topics(f"{prefix}orders", timeout=30).topics[f"{prefix}orders"].partitions) == 3


@pytest.mark.slow
def test_kafka_keeps_records_and_port_over_stop_and_kill(make_kafka: MakeKafka, prefix: str) -> None:
    server = make_kafka()
    server.start()
    place = server.bootstrap
    _make_topic(server, f"{prefix}orders")
    _produce(server, f"{prefix}orders", b"first")
    server.restart()
    _produce(server, f"{prefix}orders", b"second")
    server.kill()
    assert not server.process.is_running()
    server.start()
    assert server.bootstrap == place
    assert _read(server, f"{prefix}orders", 2) == [b"first", b"second"]


@pytest.mark.slow
def test_kafka_with_a_login_refuses_a_wrong_password(make_kafka: MakeKafka) -> None:
    server = make_kafka(login=Login("shop", "right"))
    server.start()
    _admin(server, "right").list_topics(timeout=60)
    refused: list[KafkaError] = []
    admin = _admin(server, "wrong", refused)
    with pytest.raises(KafkaException):
        admin.list_topics(timeout=3)
    admin.poll(60)
    assert KafkaError._AUTHENTICATION in [error.code() for error in refused]


def test_a_server_that_cannot_start_says_why(make_kafka: MakeKafka) -> None:
    with pytest.raises(RuntimeError, match=r"Invalid value none for configuration num\.partitions"):
        make_kafka(settings={"num.partitions": "none"}).start()


def test_shared_redis_answers(redis_server: Redis, prefix: str) -> None:
    with Client.from_url(redis_server.url) as client:
        client.set(f"{prefix}points", 7)
        assert client.get(f"{prefix}points") == b"7"


@pytest.mark.parametrize(("append_only", "kept"), [(True, b"7"), (False, None)])
def test_redis_keeps_over_a_kill_what_it_is_told_to(make_redis: MakeRedis, append_only: bool, kept: bytes | None) -> None:
    server = make_redis(append_only=append_only)
    server.start()
    place = server.url
    with Client.from_url(place) as client:
        client.set("points", 7)
    server.kill()
    server.start()
    assert server.url == place
    with Client.from_url(place) as client:
        assert client.get("points") == kept


@pytest.mark.redis
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="util-linux's setpriv is not there, so servers may be left")
def test_no_server_outlives_a_run_that_was_killed(tmp_path: Path) -> None:
    script = "import sys, pathlib, devtools.redis as r; s = r.Redis(pathlib.Path(sys.argv[1])); s.start(); "
    script += "print(s.process.pid, flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        server = os.pidfd_open(int(run.stdout.readline()))
        run.send_signal(signal.SIGKILL)
    ended, _, _ = select.select([server], [], [], 30)
    os.close(server)
    assert ended


def _make_topic(server: Kafka, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": server.bootstrap})
    admin.create_topics([NewTopic(topic, num_partitions=3)])[topic].result(30)


def _produce(server: Kafka, topic: str, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": server.bootstrap, "acks": "all"})
    producer.produce(topic, value, partition=0)
    assert producer.flush(30) == 0


def _read(server: Kafka, topic: str, count: int) -> list[bytes]:
    consumer = Consumer({"bootstrap.servers": server.bootstrap, "group.id": topic, "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    values: list[bytes] = []
    for message in consumer.consume(count, timeout=60):
        assert message.error() is None
        values.append(message.value())
    consumer.close()
    return values


def _admin(server: Kafka, password: str, errors: list[KafkaError] | None = None) -> AdminClient:
    settings = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "shop"}
    settings |= {"bootstrap.servers": server.sasl_bootstrap, "sasl.password": password}
    return AdminClient(settings | {"error_cb": (errors if errors is not None else []).append, "log_level": 0})
