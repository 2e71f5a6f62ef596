"""The servers that other tests stand on keep what they promise. A Kafka's place and data over stop and kill: tests/crash/test_broker.py."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import KafkaError
from confluent_kafka.admin import AdminClient, NewTopic
from redis import Redis as Client

from devtools.kafka import Kafka
from devtools.redis import Redis
from tests.crash.pipeline import until
from tests.services.fixtures import MakeKafka, MakeRedis

ROOT = Path(__file__).resolve().parents[2]


def test_shared_kafka_makes_a_topic_only_when_asked(kafka: Kafka, prefix: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    unknown = admin.list_topics(f"{prefix}typo", timeout=30).topics[f"{prefix}typo"].error
    assert unknown is not None
    assert unknown.code() == KafkaError.UNKNOWN_TOPIC_OR_PART
    _make_topic(kafka, f"{prefix}orders")
    # A broker may hear of it a moment after the controller has made it.
    until(
        lambda: len(admin.list_topics(f"{prefix}orders", timeout=30).topics[f"{prefix}orders"].partitions) == 3,
        "the topic is known",
    )


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
