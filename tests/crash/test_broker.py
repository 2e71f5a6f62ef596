"""A broker that goes away in mid-flow and comes back, at the same place and with what it had."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devtools.kafka import Kafka
from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_workers_outlive_their_broker(make_own: Callable[[], tuple[Kafka, Pipeline]]) -> None:
    """Stopped in order, and killed."""
    kafka, pipeline = make_own()
    sent = documents(SEED, 2000, 150)
    third = len(sent) // 3
    pipeline.produce(sent[: 2 * third])
    # As long as a broker may take to start on a busy machine: that a write's deadline ends a worker is shown elsewhere.
    workers = [pipeline.worker(FETCH_PAUSE_MS="150", WRITE_DEADLINE_MS="240000") for _ in range(2)]
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
