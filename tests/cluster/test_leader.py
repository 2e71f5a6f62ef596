"""The broker that leads what a worker writes to dies, or falls asleep, at a step of a turn."""

from __future__ import annotations

import signal

import pytest

from devtools.kafka_cluster import KafkaCluster
from streams.topics import AGGREGATE_CHANGELOG
from tests.cluster.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, exit_code
from tests.services.worker_process import WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

# One after the other, on the topics of one pipeline: what stands there is compared in the end.
CASES = [
    [("--kill-at", "commit.before"), ("--sleep-at", "ahead.before")],
    [("--sleep-at", "commit.before"), ("--kill-at", "publish.before")],
]


@pytest.mark.parametrize("faults", CASES, ids=lambda faults: "-".join(f"{how[2:]}-{step}" for how, step in faults))
def test_leaders_that_are_gone_are_replaced(cluster: KafkaCluster, pipeline: Pipeline, faults: list[tuple[str, str]]) -> None:
    """The workers go on, at the partitions of other leaders at once, and at its own when they are led again."""
    sent = documents(SEED, 2000, 150)
    share = len(sent) // len(faults)
    workers: list[WorkerProcess] = []
    for at, (how, step) in enumerate(faults):
        for worker in workers:
            worker.signal(signal.SIGTERM)
            assert exit_code(worker) == 0
        begin = at * share
        pipeline.produce(sent[begin : begin + share * 2 // 3])
        victim = cluster.leaders(pipeline.prefix + AGGREGATE_CHANGELOG)[0]
        process = cluster.brokers[victim].process
        workers = [pipeline.worker(how, f"{step}:6", "--pid", str(process.pid), FETCH_PAUSE_MS="100")]
        pipeline.wait_turns(12)
        workers.append(pipeline.worker(FETCH_PAUSE_MS="100"))
        pipeline.produce(sent[begin + share * 2 // 3 : begin + share])
        pipeline.wait_folded()
        assert victim not in cluster.leaders(pipeline.prefix + AGGREGATE_CHANGELOG).values()
        cluster.heal()
        assert all(worker.is_running() for worker in workers)
    pipeline.assert_exact()
