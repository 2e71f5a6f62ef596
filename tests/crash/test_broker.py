"""A broker that goes away in mid-flow and comes back, at the same place and with what it had."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devtools.kafka import Kafka
from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, until

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_workers_outlive_their_broker(make_own: Callable[[], tuple[Kafka, Pipeline]]) -> None:
    """Stopped in order, and killed."""
    kafka, pipeline = make_own()
    sent = documents(SEED, 2000, 150)
    third = len(sent) // 3
    # As long as a broker may take to start on a busy machine: that a deadline ends a worker is shown elsewhere. One that was killed is let
    # in again when its own session is over, and counts workers' silence before that.
    slow = {"FETCH_PAUSE_MS": "150", "WRITE_DEADLINE_MS": "240000", "REBALANCE_TIMEOUT_MS": "60000", "SESSION_TIMEOUT_MS": "30000"}
    workers = [pipeline.worker(**slow)]
    # Who comes while the first takes its partitions over may be fenced by what that one asked before it heard of him, and end; and a broker
    # that goes away while they share the partitions out forgets who has joined.
    until(lambda: pipeline.log(workers[0]).count("partition_taken") == pipeline.partitions, "the first worker has all")
    workers.append(pipeline.worker(**slow))
    until(lambda: pipeline.log(workers[1]).count("partition_taken") == pipeline.partitions // 2, "the second has its share")
    pipeline.produce(sent[: 2 * third])
    pipeline.wait_turns(12)
    kafka.stop()
    kafka.start()
    assert pipeline.in_flow()
    pipeline.wait_turns(4)
    pipeline.produce(sent[2 * third :])
    kafka.kill()
    kafka.start()
    assert pipeline.in_flow()
    pipeline.wait_folded()
    assert [pipeline.log(worker)[-2000:] for worker in workers if not worker.is_running()] == []
    pipeline.assert_exact()
