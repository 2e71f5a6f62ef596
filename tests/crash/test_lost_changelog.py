"""A changelog whose broker has lost its disk, and that had no other replica: it is told, and nobody counts on from what is left."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable

import pytest

from devtools.kafka import Kafka
from streams.topics import AGGREGATE_CHANGELOG
from tests.crash.conftest import SEED
from tests.crash.documents import documents
from tests.crash.pipeline import Pipeline, exit_code

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def lose_changelog(kafka: Kafka, pipeline: Pipeline) -> None:
    """Its folders are gone when the broker comes back, which makes new ones."""
    kafka.kill()
    folders = list((kafka.folder / "data").glob(f"{pipeline.prefix}{AGGREGATE_CHANGELOG}-*"))
    assert len(folders) == pipeline.partitions
    for folder in folders:
        shutil.rmtree(folder)
    kafka.start()


def ends_saying_so(pipeline: Pipeline, **settings: str) -> None:
    worker = pipeline.worker(**settings)
    assert exit_code(worker) == 1
    assert "has lost what was committed" in pipeline.log(worker)
    assert "from a backup; or start afresh under another TIDEMARK_PREFIX" in pipeline.log(worker)


@pytest.mark.parametrize("partitions", [2])
def test_under_a_live_worker(make_own: Callable[[], tuple[Kafka, Pipeline]]) -> None:
    kafka, pipeline = make_own()
    sent = documents(SEED, 2000, 150)
    pipeline.produce(sent[:1000])
    # It writes nothing of itself: what it writes next is a turn, which does not stand where it was to.
    worker = pipeline.worker(RENEW_FENCE_MS="3600000")
    pipeline.wait_turns(8)
    lose_changelog(kafka, pipeline)
    pipeline.produce(sent[1000:])
    assert exit_code(worker) == 1
    assert "has lost what was committed (a batch stands at offset" in pipeline.log(worker)
    # Its successor reads the remains, of which the last was written for another place.
    ends_saying_so(pipeline)
    ends_saying_so(pipeline)


@pytest.mark.parametrize("partitions", [2])
def test_while_nobody_looked(make_own: Callable[[], tuple[Kafka, Pipeline]]) -> None:
    kafka, pipeline = make_own()
    pipeline.produce(documents(SEED, 2000, 150))
    worker = pipeline.worker()
    pipeline.wait_folded()
    worker.signal(signal.SIGTERM)
    assert exit_code(worker) == 0
    lose_changelog(kafka, pipeline)
    ends_saying_so(pipeline)
