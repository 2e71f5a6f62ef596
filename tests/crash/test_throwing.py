"""A rule that throws on one event costs that event, and nothing else."""

from __future__ import annotations

import json

import pytest

from tests.crash.conftest import SEED
from tests.crash.documents import documents, order_of
from tests.crash.pipeline import Pipeline

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def test_a_rule_that_throws(pipeline: Pipeline) -> None:
    sent = documents(SEED, 1000, 100)
    order_id = order_of(SEED, sent)
    (value,) = [each.value for each in sent if json.dumps(order_id).encode() in each.value]
    worker = pipeline.worker("--throw-for", order_id)
    pipeline.produce(sent)
    pipeline.assert_exact(left_out=[value], more_dead_letters=[("internal_error", value)])
    assert worker.is_running()
    assert "a bug in a rule" in pipeline.log(worker)
