"""What a rebalance leaves where it is goes on without recovery, and a worker with a name in its group comes back to what it had."""

from __future__ import annotations

import json
import signal

import pytest

from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, exit_code, until
from tests.services.worker_process import WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def told(pipeline: Pipeline, worker: WorkerProcess, event: str) -> list[int]:
    """The partitions of which a worker has logged something, each as often."""
    lines = [json.loads(line) for line in pipeline.log(worker).splitlines() if line.startswith("{") and line.endswith("}")]
    return [line["partition"] for line in lines if line["event"] == event]


def rebalances(pipeline: Pipeline, worker: WorkerProcess) -> int:
    return pipeline.log(worker).count('"partitions_assigned"')


def test_partitions_that_stay_are_not_recovered(pipeline: Pipeline) -> None:
    sent = documents(SEED, 1600, 150)
    pipeline.produce(sent[:800])
    first = pipeline.worker()
    until(lambda: len(told(pipeline, first, "partition_taken")) == 4, "the first worker has all")
    pipeline.wait_turns(10)
    second = pipeline.worker()
    until(lambda: len(told(pipeline, second, "partition_taken")) == 2, "the second worker has its share")
    pipeline.produce(sent[800:])
    until(lambda: len(told(pipeline, first, "partition_kept")) == 2, "the first worker has kept the others")
    second.signal(signal.SIGTERM)
    assert exit_code(second) == 0
    until(lambda: len(told(pipeline, first, "partition_taken")) == 6, "the first worker has all again")
    # Those of the second were written to by it, and by nobody those that stayed.
    assert sorted(told(pipeline, first, "partition_taken")) == sorted([0, 1, 2, 3, *told(pipeline, second, "partition_taken")])
    assert not set(told(pipeline, first, "partition_kept")) & set(told(pipeline, second, "partition_taken"))
    pipeline.assert_exact()


def test_a_rolling_restart_moves_nothing(pipeline: Pipeline) -> None:
    """Each worker has a name in the group, and is back within its session."""
    sent = documents(SEED, 1600, 150)
    pipeline.produce(sent[:600])
    session = {"SESSION_TIMEOUT_MS": "30000"}
    workers = {"a": pipeline.worker(GROUP_INSTANCE_ID="a", **session)}
    until(lambda: len(told(pipeline, workers["a"], "partition_taken")) == 4, "the first worker has all")
    workers["b"] = pipeline.worker(GROUP_INSTANCE_ID="b", **session)
    until(lambda: len(told(pipeline, workers["b"], "partition_taken")) == 2, "the second worker has its share")
    until(lambda: len(told(pipeline, workers["a"], "partition_kept")) == 2, "the first worker has kept the others")
    had = set(told(pipeline, workers["b"], "partition_taken"))
    before = {name: rebalances(pipeline, each) for name, each in workers.items()}
    workers["b"].signal(signal.SIGTERM)
    assert exit_code(workers["b"]) == 0
    pipeline.produce(sent[600:])
    again = pipeline.worker(GROUP_INSTANCE_ID="b", **session)
    until(lambda: len(told(pipeline, again, "partition_taken")) == 2, "it has partitions again")
    pipeline.wait_folded()
    assert set(told(pipeline, again, "partition_taken")) == had
    assert rebalances(pipeline, workers["a"]) == before["a"]
    pipeline.assert_exact()
