"""A run of a bulk, made by workers that are killed in the middle of it: of the segment as it stood, each member once (spec 2.9)."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from devtools.kafka import Kafka
from rules.times import epoch_ms
from streams.topics import DEAD_LETTERS, GIFTS
from tests.crash.pipeline import Pipeline, exit_code, until
from tests.crash.test_new_version import ordered
from tests.generate import write_definitions
from tests.oracle.examples import program

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

_OF_EACH = 150
# A version holds from ten seconds after it was saved; it is saved within some.
_STARTS_AFTER = timedelta(seconds=18)
DEAR = {"spent": {"at_least": 5_000}}


@pytest.fixture
def pipeline(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Pipeline]:
    made = Pipeline(kafka.bootstrap, prefix, tmp_path, [program(10_000)], 1)
    yield made
    made.close()
    Cluster(Connection(kafka.bootstrap)).delete(made.topic_names())


def test_it_is_of_the_segment_as_it_stood_each_member_once(pipeline: Pipeline, tmp_path: Path) -> None:
    dear, rises, never = ([f"{kind}{number}" for number in range(_OF_EACH)] for kind in ("dear", "rises", "never"))
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    spent = dict.fromkeys(dear, 6_000) | dict.fromkeys(rises, 4_900) | dict.fromkeys(never, 100)
    pipeline.produce([ordered("o", yesterday, amount, member_id) for member_id, amount in spent.items()])
    worker = pipeline.worker()
    pipeline.wait_folded()
    worker.signal(signal.SIGTERM)
    assert exit_code(worker) == 0

    # Nobody works when it starts. What comes after that changes nothing of who is in it.
    starts_at = datetime.now(UTC) + _STARTS_AFTER
    run = {"kind": "activity", "type": "bulk", "code": "b", "name": "B", "segment": DEAR, "schedule": {"at": starts_at.isoformat()}}
    write_definitions(tmp_path / "run", [program(10_000), run | {"gifts": [{"kind": "points", "points": 5}]}])
    pipeline.tidemark("publish", str(tmp_path / "run"))
    until(lambda: datetime.now(UTC) > starts_at + timedelta(seconds=1), "it has started")
    now = datetime.now(UTC).isoformat()
    pipeline.produce([ordered("later", now, 200, member_id) for member_id in (*rises, *dear[:10])])
    pipeline.produce([ordered("new", now, 9_000, f"new{number}") for number in range(10)])

    # The first folds what waited, and is killed; so are others, in the middle of those whom nothing touches.
    observer = pipeline.observer
    worker = pipeline.worker()
    pipeline.wait_folded()
    worker.kill()
    for step in ("commit.before", "commit.after"):
        assert exit_code(pipeline.worker("--kill-at", f"{step}:5")) == -signal.SIGKILL

    pipeline.worker()
    until(lambda: observer.turns_done() and observer.heads[0].ran_ms >= epoch_ms(starts_at), "everybody is done with")
    pipeline.wait_folded()
    assert sorted(each["grant_id"] for each in observer.values(GIFTS)) == sorted(f"b/{member_id}/once" for member_id in dear)
    # Twice only byte for byte.
    assert len({each.value for each in observer.published if each.topic == GIFTS}) == len(dear)
    pipeline.assert_in_order()

    # What is counted is now.
    (tmp_path / "dear.json").write_text(json.dumps(DEAR), "utf-8")
    counted = json.loads(pipeline.tidemark("segment", "count", str(tmp_path / "dear.json"), "--json"))
    assert counted == {"matching": 2 * _OF_EACH + 10, "members": 3 * _OF_EACH + 10}

    pipeline.tidemark("test-send", "b", "--member", "never1", "never2", "nobody", "--test-id", "t1")
    until(lambda: bool(observer.values(DEAD_LETTERS)) and len(observer.values(GIFTS)) == len(dear) + 2, "the test is sent")
    assert {each["grant_id"] for each in observer.values(GIFTS) if "test" in each} == {"b/never1/test/t1", "b/never2/test/t1"}
    assert [letter["reason"] for letter in observer.values(DEAD_LETTERS)] == ["unknown_member"]
