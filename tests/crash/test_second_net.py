"""The second net: where somebody else writes to a changelog, the broker refuses nothing, and our own next write tells."""

from __future__ import annotations

import pytest
from confluent_kafka import Producer

from streams.topics import AGGREGATE_CHANGELOG
from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, exit_code

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.mark.parametrize("partitions", [1])
@pytest.mark.parametrize("key", [b"mann", b"a stranger's", b""], ids=["like a member's", "like nothing of ours", "empty"])
def test_a_record_of_somebody_else_ends_the_worker_and_its_successors(pipeline: Pipeline, key: bytes) -> None:
    sent = documents(SEED, 600, 60)
    pipeline.produce(sent[:300])
    # It writes nothing of itself: what it writes next is a turn, which does not stand where it was to.
    worker = pipeline.worker(RENEW_FENCE_MS="3600000")
    pipeline.wait_folded()
    stranger = Producer({"bootstrap.servers": pipeline.bootstrap})
    stranger.produce(pipeline.prefix + AGGREGATE_CHANGELOG, b"0", key, 0)
    assert stranger.flush(30) == 0
    pipeline.observer.look_to_end()
    turns = pipeline.observer.turns_done()
    pipeline.produce(sent[300:])
    assert exit_code(worker) == 1
    assert "someone else wrote" in pipeline.log(worker)
    # One turn stands behind the stranger's record, which told; no other was begun on it.
    pipeline.observer.look_to_end()
    assert pipeline.observer.turns_done() == turns + 1
    successor = pipeline.worker()
    assert exit_code(successor) == 1
    assert "someone else wrote" in pipeline.log(successor)
    assert pipeline.observer.turns_done() == turns + 1
