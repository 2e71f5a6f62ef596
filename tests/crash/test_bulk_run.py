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
from tests.crash.pipeline import NAMED, Pipeline, exit_code, until
from tests.crash.test_new_version import ordered
from tests.generate import write_definitions
from tests.oracle.examples import program

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

_OF_EACH = 400
# Of them, to whom something comes later.
_LATER = 20
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
    worker = pipeline.wide_worker()
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
    pipeline.produce([ordered("later", now, 200, member_id) for member_id in (*dear[:10], *rises[:_LATER])])
    pipeline.produce([ordered("new", now, 9_000, f"new{number}") for number in range(10)])

    # A turn takes some tens of them: each of these dies in the middle.
    observer = pipeline.observer
    for place in ("commit.before:3", "commit.after:3", "commit.before:2"):
        assert exit_code(pipeline.worker("--kill-at", place, **NAMED)) == -signal.SIGKILL
    observer.look_to_end()
    assert 0 < len(observer.values(GIFTS)) < len(dear)

    pipeline.worker(**NAMED)
    until(lambda: observer.turns_done() and observer.heads[0].ran_ms >= epoch_ms(starts_at), "everybody is done with")
    pipeline.wait_folded()
    assert {each["grant_id"] for each in observer.values(GIFTS)} == {f"b/{member_id}/once" for member_id in dear}
    # Twice only byte for byte, where who published it was killed.
    assert len({each.value for each in observer.published if each.topic == GIFTS}) == len(dear)
    pipeline.assert_in_order()

    # What is counted is now.
    (tmp_path / "dear.json").write_text(json.dumps(DEAR), "utf-8")
    counted = json.loads(pipeline.tidemark("segment", "count", str(tmp_path / "dear.json"), "--json"))
    assert counted == {"matching": _OF_EACH + _LATER + 10, "members": 3 * _OF_EACH + 10}

    pipeline.tidemark("test-send", "b", "--member", "never1", "never2", "nobody", "--test-id", "t1")
    pipeline.wait_folded()
    assert {each["grant_id"] for each in observer.values(GIFTS) if "test" in each} == {"b/never1/test/t1", "b/never2/test/t1"}
    assert [letter["reason"] for letter in observer.values(DEAD_LETTERS)] == ["unknown_member"]
