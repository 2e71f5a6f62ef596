"""Brokers that are taken down and brought back: leaders and coordinators move, and two of three are away for a while."""

from __future__ import annotations

import time

import pytest

from devtools.kafka_cluster import NODES, KafkaCluster
from tests.cluster.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

_AWAY_SECONDS = 20.0


def test_leaders_and_coordinators_move_and_come_back(cluster: KafkaCluster, pipeline: Pipeline) -> None:
    """Each broker is restarted in turn, and leads again what it led: as in an upgrade of the cluster."""
    sent = documents(SEED, 2000, 150)
    share = len(sent) // (len(NODES) + 1)
    pipeline.produce(sent[:share])
    # Whoever has the name of one that was killed has its partitions at once.
    named = [{"GROUP_INSTANCE_ID": name, "FETCH_PAUSE_MS": "100"} for name in ("a", "b")]
    workers = [pipeline.worker(**each) for each in named]
    pipeline.wait_turns(8)
    for at, node in enumerate(NODES, 1):
        cluster.stop(node)
        pipeline.produce(sent[at * share : (at + 1) * share])
        cluster.heal()
        cluster.elect_preferred([*pipeline.topic_names(), "__consumer_offsets", "__transaction_state"])
        # A worker that falls away just then: what it had is taken over from leaders that have just moved.
        workers[at % 2].kill()
        workers[at % 2] = pipeline.worker(**named[at % 2])
    pipeline.produce(sent[(len(NODES) + 1) * share :])
    pipeline.wait_folded()
    assert all(worker.is_running() for worker in workers)
    pipeline.assert_exact()


def test_two_brokers_are_away(cluster: KafkaCluster, pipeline: Pipeline) -> None:
    """Nothing can be written for so long. A worker that must let go of partitions meanwhile ends, says so, and is started again."""
    sent = documents(SEED, 2000, 150)
    pipeline.produce(sent[:1500])
    workers = [pipeline.worker(FETCH_PAUSE_MS="100") for _ in range(2)]
    pipeline.wait_turns(8)
    for node in NODES[:2]:
        cluster.kill(node)
    away_until = time.monotonic() + _AWAY_SECONDS
    until(lambda: time.monotonic() > away_until, "they were away for long enough")
    cluster.heal()
    pipeline.produce(sent[1500:])

    def folded() -> bool:
        for number, worker in enumerate(workers):
            if not worker.is_running():
                assert "NotLetGo: the group moves our partitions" in pipeline.log(worker)
                workers[number] = pipeline.worker(FETCH_PAUSE_MS="100")
        return pipeline.observer.folded()

    until(folded, "all documents folded, all outputs published", pipeline.observer.seen)
    pipeline.assert_exact()
