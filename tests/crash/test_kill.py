"""kill -9 at one step after the other while documents of several partitions flow, re-keyed ones among them."""

from __future__ import annotations

import signal

import pytest

from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import NAMED, Pipeline, exit_code

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

TURN_STEPS = [f"{step}.{when}" for step in ("ahead", "commit", "publish") for when in ("before", "after")]
# With one partition taken over already, and the next being.
RECOVERY_STEPS = ["recovery.fenced", "recovery.read", "recovery.published"]


def test_killed_at_one_step_after_the_other(pipeline: Pipeline) -> None:
    pipeline.produce(documents(SEED, 4000, 150))
    for step in [*(f"{step}:4" for step in TURN_STEPS), *(f"{step}:2" for step in RECOVERY_STEPS)]:
        assert exit_code(pipeline.worker("--kill-at", step, FETCH_PAUSE_MS="100", **NAMED)) == -signal.SIGKILL
    assert pipeline.in_flow()
    pipeline.wide_worker(**NAMED)
    pipeline.assert_exact()


def test_killed_between_the_batches_that_publish_one_turn(pipeline: Pipeline) -> None:
    pipeline.produce(documents(SEED, 2000, 150))
    assert exit_code(pipeline.worker("--kill-at", "publish.more:4", PUBLISH_BYTES="1024", **NAMED)) == -signal.SIGKILL
    assert pipeline.in_flow()
    pipeline.wide_worker(**NAMED)
    pipeline.assert_exact()
