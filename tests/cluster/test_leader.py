"""The broker that leads what a worker writes to dies, or falls asleep, at a step of a turn."""

from __future__ import annotations

import pytest

from devtools.kafka_cluster import KafkaCluster
from streams.topics import AGGREGATE_CHANGELOG
from tests.cluster.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

CASES = [
    ("--kill-at", "commit.before"),
    ("--sleep-at", "commit.before"),
    ("--kill-at", "publish.before"),
    ("--sleep-at", "ahead.before"),
]


@pytest.mark.parametrize(("how", "step"), CASES)
def test_a_leader_that_is_gone_is_replaced(cluster: KafkaCluster, pipeline: Pipeline, how: str, step: str) -> None:
    """The workers go on, at the partitions of other leaders at once, and at its own when they are led again."""
    sent = documents(SEED, 1600, 150)
    pipeline.produce(sent[:1000])
    leaders = cluster.leaders(pipeline.prefix + AGGREGATE_CHANGELOG)
    victim = leaders[0]
    worker = pipeline.worker(how, f"{step}:8", "--pid", str(cluster.brokers[victim].process.pid), FETCH_PAUSE_MS="100")
    pipeline.wait_turns(12)
    other = pipeline.worker(FETCH_PAUSE_MS="100")
    pipeline.produce(sent[1000:])
    pipeline.wait_folded()
    assert victim not in cluster.leaders(pipeline.prefix + AGGREGATE_CHANGELOG).values()
    cluster.heal()
    assert worker.is_running()
    assert other.is_running()
    pipeline.assert_exact()
