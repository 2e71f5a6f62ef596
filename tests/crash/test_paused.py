"""An activity paused and resumed while workers run, and are killed: orders are judged by the version of their own time (spec 2.5)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from devtools.kafka import Kafka
from rules.times import moment
from streams.topics import GIFTS
from tests.crash.pipeline import NAMED, Pipeline, exit_code, until
from tests.crash.test_new_version import HOLDS_AFTER_MS, ordered, points, saved_at_ms
from tests.oracle.examples import program, spend

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

_MEMBERS = 40
_MS = timedelta(milliseconds=1)


@pytest.fixture
def pipeline(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Pipeline]:
    made = Pipeline(kafka.bootstrap, prefix, tmp_path, [program(10_000), spend(gifts=points(1))], 1)
    yield made
    made.close()
    Cluster(Connection(kafka.bootstrap)).delete(made.topic_names())


def test_what_is_placed_in_a_pause_never_counts_whenever_it_is_folded(pipeline: Pipeline) -> None:
    worker = pipeline.worker(**NAMED)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    pipeline.produce([ordered("o", yesterday.isoformat(), 1, "somebody")])
    pipeline.wait_folded()
    holds: list[datetime] = []
    for number, change in enumerate(("pause", "resume"), 1):
        assert f"version {number + 1} ({change})" in pipeline.tidemark("activity", change, "spend", "--version", str(number + 1))
        until(lambda: pipeline.log(worker).count("definitions_changed") >= number, "the worker has heard of it")  # noqa: B023
        holds.append(moment(asyncio.run(saved_at_ms(pipeline))["spend"] + HOLDS_AFTER_MS))
    worker.kill()
    paused, resumed = holds
    placed = {"late": yesterday, "last": paused - _MS, "first": paused, "in": resumed - _MS, "again": resumed}
    pipeline.produce(
        [ordered("o", at.isoformat(), 100, f"{when}{number}") for number in range(_MEMBERS) for when, at in placed.items()]
    )
    for step in ("commit.before", "commit.after"):
        assert exit_code(pipeline.worker("--kill-at", f"{step}:2", **NAMED)) == -signal.SIGKILL
    pipeline.worker(**NAMED)
    pipeline.wait_folded()
    versions = {each["grant_id"]: each["version"] for each in pipeline.observer.values(GIFTS)}
    expected = {"late": 1, "last": 1, "again": 3}
    assert versions == {f"spend/{when}{number}/1": expected[when] for when in expected for number in range(_MEMBERS)}
    pipeline.assert_in_order()
