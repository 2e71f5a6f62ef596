"""Workers that join and leave in mid-flow."""

from __future__ import annotations

import signal

import pytest

from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, exit_code, until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.parametrize("leaves_by", [signal.SIGTERM, signal.SIGKILL])
def test_a_second_worker_joins_and_leaves(pipeline: Pipeline, leaves_by: signal.Signals) -> None:
    sent = documents(SEED, 4000, 150)
    third = len(sent) // 3
    pipeline.produce(sent[:third])
    pipeline.worker(FETCH_PAUSE_MS="150")
    pipeline.wait_turns(10)
    pipeline.produce(sent[third : 2 * third])

    second = pipeline.worker(FETCH_PAUSE_MS="150")
    until(lambda: "partition_taken" in pipeline.log(second), "the second worker has taken a partition")
    assert pipeline.in_flow()
    pipeline.wait_turns(10)
    pipeline.produce(sent[2 * third :])
    second.signal(leaves_by)
    assert exit_code(second) == (0 if leaves_by == signal.SIGTERM else -signal.SIGKILL)
    assert pipeline.in_flow()
    pipeline.assert_exact()


def test_workers_join_one_that_is_far_behind(pipeline: Pipeline) -> None:
    """What was fetched before a rebalance and not yet folded must be fetched again after it, not passed over."""
    pipeline.produce(documents(SEED, 8000, 150))
    busy = {"FETCH_PAUSE_MS": "0", "TURN_BYTES": "1024", "MAX_PARTITION_BYTES": "65536"}
    pipeline.worker(**busy)
    pipeline.wait_turns(10)
    for _ in range(3):
        joined = pipeline.worker(**busy)
        until(lambda worker=joined: "partitions_assigned" in pipeline.log(worker), "the worker has joined")  # type: ignore[misc]
        joined.signal(signal.SIGTERM)
        assert exit_code(joined) == 0
    pipeline.assert_exact()
