"""A changelog whose broker has lost its disk, and that had no other replica: it is told, and nobody counts on from what is left."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from devtools.kafka import Kafka
from streams.topics import AGGREGATE_CHANGELOG
from tests.crash.conftest import SEED
from tests.crash.documents import definitions, documents
from tests.crash.pipeline import Pipeline, exit_code

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


def lose_changelogs(kafka: Kafka, pipelines: Iterable[Pipeline]) -> None:
    """Their folders are gone when the broker comes back, which makes new ones."""
    kafka.kill()
    for pipeline in pipelines:
        folders = list(kafka.data.glob(f"{pipeline.prefix}{AGGREGATE_CHANGELOG}-*"))
        assert len(folders) == pipeline.partitions
        for folder in folders:
            shutil.rmtree(folder)
    kafka.start()


def ends_saying_so(pipeline: Pipeline) -> None:
    worker = pipeline.worker()
    assert exit_code(worker) == 1
    assert "has lost what was committed" in pipeline.log(worker)
    assert "from a backup; or start afresh under another TIDEMARK_PREFIX" in pipeline.log(worker)


@pytest.mark.parametrize("partitions", [2])
def test_under_a_live_worker_and_while_nobody_looked(make_own: Callable[[], tuple[Kafka, Pipeline]], tmp_path: Path) -> None:
    kafka, pipeline = make_own()
    sent = documents(SEED, 2000, 150)
    folder = tmp_path / "unwatched"
    folder.mkdir()
    unwatched = Pipeline(kafka.bootstrap, f"{pipeline.prefix}unwatched.", folder, definitions(SEED), pipeline.partitions)
    try:
        unwatched.produce(sent)
        stopped = unwatched.wide_worker()
        unwatched.wait_folded()
        stopped.signal(signal.SIGTERM)
        assert exit_code(stopped) == 0

        pipeline.produce(sent[:1000])
        # It writes nothing of itself: what it writes next is a turn, which does not stand where it was to.
        worker = pipeline.worker(RENEW_FENCE_MS="3600000")
        pipeline.wait_turns(8)
        lose_changelogs(kafka, [pipeline, unwatched])
        pipeline.produce(sent[1000:])
        assert exit_code(worker) == 1
        assert "has lost what was committed (a batch stands at offset" in pipeline.log(worker)
        # Its successor reads the remains, of which the last was written for another place.
        ends_saying_so(pipeline)
        ends_saying_so(pipeline)
        ends_saying_so(unwatched)
    finally:
        unwatched.close()
