"""A random run on three brokers: workers and brokers killed, stopped and put to sleep by seed, documents flowing on both feeds."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable

import pytest

from devtools.kafka_cluster import NODES, KafkaCluster
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, until
from tests.crash.test_chaos import Supervised

# CHAOS_SEED=random number: another run (`make chaos SEED=…`).
SEED = int(os.environ.get("CHAOS_SEED", "2024"))
BLOWS = 12
ORDERS = 6_000
# A broker that sleeps is replaced after the cluster's brokers' own session; some wake before it.
_ASLEEP_SECONDS = (1.0, 8.0)

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.slow,
    pytest.mark.chaos,
    pytest.mark.timeout(900),
]


def test_twelve_blows(cluster: KafkaCluster, pipeline: Pipeline) -> None:
    print(f"CHAOS_SEED={SEED}")
    rng = random.Random(SEED)
    sent = documents(SEED, ORDERS, 200)
    supervised = Supervised(pipeline, rng)
    share = len(sent) // (BLOWS + 1)

    def flow(condition: Callable[[], bool], what: str) -> None:
        until(lambda: supervised.replace_dead() or condition(), f"{what} under CHAOS_SEED={SEED}")

    for blow in range(BLOWS):
        pipeline.produce(sent[blow * share : (blow + 1) * share])
        wanted = pipeline.observer.turns_done() + rng.randint(2, 10)
        flow(lambda wanted=wanted: pipeline.observer.turns_done() >= wanted or pipeline.observer.folded(), "some turns")  # type: ignore[misc]
        if rng.random() < 0.5:
            supervised.replace_dead()
            rng.choice([worker for worker in supervised.workers if worker.is_running()]).signal(
                rng.choice([signal.SIGKILL, signal.SIGTERM])
            )
        _strike(cluster, rng)
        flow(lambda: True, "the workers run")
        cluster.heal()
        if rng.random() < 0.5:
            cluster.elect_preferred([*pipeline.topic_names(), "__consumer_offsets", "__transaction_state"])
    pipeline.produce(sent[BLOWS * share :])
    flow(pipeline.observer.folded, "the end")
    pipeline.assert_exact()


def _strike(cluster: KafkaCluster, rng: random.Random) -> None:
    """One broker is killed, stopped, or asleep for a while."""
    node = rng.choice(NODES)
    kind = rng.choice(["kill", "stop", "sleep"])
    print(f"broker {node}: {kind}")
    if kind != "sleep":
        getattr(cluster, kind)(node)
        return
    cluster.sleep(node)
    awake_at = time.monotonic() + rng.uniform(*_ASLEEP_SECONDS)
    until(lambda: time.monotonic() > awake_at, "it has slept for long enough")
    cluster.wake(node)
