"""A changed definition holds for orders placed from 10 s after it was saved on (spec 2.5, 6 `publish`, `aggregate`)."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from devtools.kafka import Kafka
from tests.command import tidemark
from tests.generate import write_definitions
from tests.oracle.examples import order, program, spend
from tests.services.worker_process import WorkerProcess
from tidemark import cli

Settings = dict[str, str]


@pytest.fixture
def settings(kafka: Kafka, prefix: str) -> Settings:
    """Of a flow whose topics are made."""
    found = {"brokers": kafka.bootstrap, "prefix": prefix, "partitions": "1"}
    assert tidemark("topics", **found).returncode == 0
    return found


def publish(folder: Path, settings: Settings, *documents: dict[str, Any]) -> None:
    write_definitions(folder, documents)
    assert tidemark("publish", folder, **settings).returncode == 0


@pytest.fixture
def worker(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """An aggregation worker that has read two versions of an activity: 1 point, then 2 points."""
    for points in (1, 2):
        gifts = [{"kind": "points", "points": points, "release": "instant"}]
        publish(tmp_path / "definitions", settings, program(10_000), spend(gifts=gifts))
    named = {f"TIDEMARK_{name.upper()}": value for name, value in settings.items()}
    run = WorkerProcess(cli.main, ["aggregate"], named, tmp_path / "worker.log")
    yield
    run.signal(signal.SIGTERM)
    assert run.wait() == 0


@pytest.mark.usefixtures("worker")
def test_a_later_version_holds_from_ten_seconds_after_it_was_saved(settings: Settings) -> None:
    now = datetime.now(UTC)
    placed = {"before": now - timedelta(minutes=1), "after": now + timedelta(minutes=1)}
    producer = Producer({"bootstrap.servers": settings["brokers"]})
    for name, time in placed.items():
        document = order(name, time.isoformat(), ("x", 1, 100), member_id=name)
        producer.produce(settings["prefix"] + "pos.orders", json.dumps(document).encode(), key=name)
    producer.flush()
    consumer = Consumer({"bootstrap.servers": settings["brokers"], "group.id": settings["prefix"] + "test"})
    consumer.assign([TopicPartition(settings["prefix"] + "gifts", 0, 0)])
    points = {}
    while len(points) < len(placed):
        message = consumer.poll(1)
        if message is not None and (value := message.value()) is not None:
            grant = json.loads(value)
            points[grant["member_id"]] = grant["gifts"][0]["points"]
    consumer.close()
    assert points == {"before": 1, "after": 2}
