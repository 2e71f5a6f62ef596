"""Workers that join and leave in mid-flow."""

from __future__ import annotations

import signal

import pytest

from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, exit_code, until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_workers_join_and_leave(pipeline: Pipeline) -> None:
    """By SIGTERM, and by kill -9."""
    sent = documents(SEED, 4000, 150)
    third = len(sent) // 3
    pipeline.produce(sent[:third])
    first = pipeline.worker(FETCH_PAUSE_MS="150")
    pipeline.wait_turns(10)
    for number, leaves_by in enumerate((signal.SIGTERM, signal.SIGKILL), 1):
        pipeline.produce(sent[number * third :][:third])
        other = pipeline.worker(FETCH_PAUSE_MS="150")
        until(lambda worker=other: "partition_taken" in pipeline.log(worker), "the other worker has taken a partition")  # type: ignore[misc]
        pipeline.wait_turns(10)
        assert pipeline.in_flow()
        taken = pipeline.log(first).count("partition_taken")
        other.signal(leaves_by)
        assert exit_code(other) == (0 if leaves_by == signal.SIGTERM else -signal.SIGKILL)
        until(lambda taken=taken: pipeline.log(first).count("partition_taken") > taken, "the first has what the other had")  # type: ignore[misc]
    pipeline.produce(sent[3 * third :])
    assert pipeline.in_flow()
    first.signal(signal.SIGTERM)
    assert exit_code(first) == 0
    pipeline.wide_worker()
    pipeline.assert_exact()


def test_workers_join_one_that_is_far_behind(pipeline: Pipeline) -> None:
    """What was fetched before a rebalance and not yet folded must be fetched again after it, not passed over."""
    pipeline.produce(documents(SEED, 4000, 150))
    busy = {"FETCH_PAUSE_MS": "0", "TURN_BYTES": "1024", "MAX_PARTITION_BYTES": "65536"}
    first = pipeline.worker(**busy)
    pipeline.wait_turns(10)
    for _ in range(3):
        joined = pipeline.worker(**busy)
        until(lambda worker=joined: "partitions_assigned" in pipeline.log(worker), "the worker has joined")  # type: ignore[misc]
        joined.signal(signal.SIGTERM)
        assert exit_code(joined) == 0
    wanted = pipeline.observer.turns_done() + 20
    until(lambda: pipeline.observer.turns_done() >= wanted or not pipeline.in_flow(), "the first goes on with all")
    first.signal(signal.SIGTERM)
    assert exit_code(first) == 0
    pipeline.wide_worker()
    pipeline.assert_exact()
