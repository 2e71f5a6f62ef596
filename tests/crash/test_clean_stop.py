"""SIGTERM at any moment: the worker ends well, and nothing that was published is published again by those that follow (spec 6)."""

from __future__ import annotations

import signal

import pytest

from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, exit_code, until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

STEPS = [
    "recovery.fenced:1",
    "recovery.read:2",
    "recovery.published:3",
    "ahead.before:2",
    "commit.before:1",
    "commit.after:4",
    "publish.before:3",
    "publish.after:5",
]
# What a worker logs as it comes to be one.
MOMENTS = ["worker_starting", "worker_started", "partitions_assigned", "partition_taken"]


def stopped(pipeline: Pipeline, *faults: str, once_logged: str = "") -> None:
    """A worker that is told to end, by a fault or once it has logged something, and does."""
    worker = pipeline.worker(*faults)
    if once_logged:
        until(lambda: once_logged in pipeline.log(worker), once_logged)
        worker.signal(signal.SIGTERM)
    assert exit_code(worker) == 0, pipeline.log(worker)


def published_twice(pipeline: Pipeline) -> int:
    """How many records stand on the output topics that stood there before."""
    pipeline.observer.look_to_end()
    return len(pipeline.observer.published) - len(set(pipeline.observer.published))


def test_nothing_is_published_again_after_clean_stops_at_whatever_step(pipeline: Pipeline) -> None:
    sent = documents(SEED, 3000, 150)
    for number, step in enumerate(STEPS):
        pipeline.produce(sent[200 * number : 200 * (number + 1)])
        stopped(pipeline, "--stop-at", step)
        assert published_twice(pipeline) == 0, step
    pipeline.produce(sent[200 * len(STEPS) :])
    pipeline.wide_worker()
    pipeline.assert_exact()
    assert published_twice(pipeline) == 0


def test_nothing_is_published_again_by_workers_that_are_stopped_as_they_start_and_while_nothing_comes(pipeline: Pipeline) -> None:
    pipeline.produce(documents(SEED, 600, 80))
    first = pipeline.worker()
    pipeline.wait_folded()
    first.signal(signal.SIGTERM)
    assert exit_code(first) == 0
    for moment in MOMENTS:
        stopped(pipeline, once_logged=moment)
    assert published_twice(pipeline) == 0
    # One that was killed may be told again, once: who is stopped while he says it says all of it.
    killed = pipeline.worker()
    pipeline.produce(documents(SEED + 1, 600, 80))
    pipeline.wait_folded()
    killed.kill()
    stopped(pipeline, once_logged="partition_taken")
    stopped(pipeline, once_logged="worker_started")
    idle = pipeline.worker()
    until(lambda: pipeline.log(idle).count("partition_taken") == pipeline.partitions, "all partitions are taken")
    idle.signal(signal.SIGTERM)
    assert exit_code(idle) == 0
    pipeline.worker()
    until(lambda: pipeline.log(pipeline.workers[-1]).count("partition_taken") == pipeline.partitions, "and once more")
    after_all_were_told = published_twice(pipeline)
    assert after_all_were_told > 0
    pipeline.workers[-1].signal(signal.SIGTERM)
    assert exit_code(pipeline.workers[-1]) == 0
    pipeline.worker()
    pipeline.assert_exact()
    assert published_twice(pipeline) == after_all_were_told
