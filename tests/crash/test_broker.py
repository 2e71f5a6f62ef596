"""A broker that goes away in mid-flow and comes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from devtools.kafka import Kafka
from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.parametrize("end", [Kafka.stop, Kafka.kill])
def test_workers_outlive_their_broker(make_own: Callable[[], tuple[Kafka, Pipeline]], end: Callable[[Kafka], None]) -> None:
    kafka, pipeline = make_own()
    sent = documents(SEED, 3000, 150)
    pipeline.produce(sent[:2000])
    workers = [pipeline.worker(FETCH_PAUSE_MS="150") for _ in range(2)]
    pipeline.wait_turns(12)
    end(kafka)
    kafka.start()
    assert pipeline.in_flow()
    pipeline.produce(sent[2000:])
    pipeline.wait_folded()
    assert all(worker.is_running() for worker in workers)
    pipeline.assert_exact()
