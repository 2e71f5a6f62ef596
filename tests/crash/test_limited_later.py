"""A total that is added to an activity later counts all that was made before, whoever is killed meanwhile (spec 2.10)."""

from __future__ import annotations

import json
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from devtools.kafka import Kafka
from rules.rulebook.chains import LATER_VERSION_DELAY_MS
from streams.topics import GIFTS, REFUSALS
from tests.crash.documents import Sent
from tests.crash.pipeline import NAMED, Pipeline, exit_code, until
from tests.oracle.examples import order, program, spend

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

PARTITIONS = 4
MEMBERS = [f"m{number}" for number in range(60)]
STEPS = [f"{step}.{when}:2" for step in ("commit", "publish") for when in ("before", "after")]
MORE = 40
# So few may wait for a keeper that partitions stop and go on all the time.
FEW = {"ASKED_GRANTS": "3"}


@pytest.fixture
def pipeline(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Pipeline]:
    made = Pipeline(kafka.bootstrap, prefix, tmp_path, [program(1_000_000), spend(code="later")], PARTITIONS)
    yield made
    made.close()
    Cluster(Connection(kafka.bootstrap)).delete(made.topic_names())


def orders(name: str, count: int, placed_at: datetime, spent: Counter[str]) -> list[Sent]:
    rng = random.Random(name)
    sent = []
    for number in range(count):
        member_id, amount = rng.choice(MEMBERS), rng.randint(20, 240)
        document = order(f"{name}{number}", placed_at.isoformat(), ("x", 1, amount), member_id=member_id)
        sent.append(Sent("pos.orders", member_id.encode(), json.dumps(document).encode()))
        spent[member_id] += amount
    return sent


def test_what_was_made_before_is_counted_whoever_is_killed_while_it_is_told(pipeline: Pipeline, tmp_path: Path) -> None:
    spent = Counter[str]()
    pipeline.produce(orders("before", 500, datetime.now(UTC) - timedelta(days=1), spent))
    first = pipeline.wide_worker(**NAMED)
    pipeline.wait_folded()
    before = {each["grant_id"] for each in pipeline.observer.values(GIFTS)}
    total = len(before) + MORE
    first.signal(signal.SIGKILL)
    assert exit_code(first) == -signal.SIGKILL
    limited: dict[str, Any] = spend(code="later", limits={"total": total})
    (tmp_path / "later.json").write_text(json.dumps(limited))
    pipeline.tidemark("activity", "save", str(tmp_path / "later.json"))
    holds_at = time.time() + LATER_VERSION_DELAY_MS / 1000 + 1
    until(lambda: time.time() > holds_at, "the version holds")
    pipeline.produce(orders("after", 500, datetime.now(UTC), spent))
    # Of documents from before, too, some come only now.
    pipeline.produce(orders("late", 50, datetime.now(UTC) - timedelta(days=1), spent))
    for step in STEPS:
        assert exit_code(pipeline.worker("--kill-at", step, FETCH_PAUSE_MS="100", **FEW, **NAMED)) == -signal.SIGKILL
    pipeline.wide_worker(**FEW, **NAMED)
    pipeline.wait_folded()
    made = {each["grant_id"]: each["version"] for each in pipeline.observer.values(GIFTS)}
    refused = {each["grant_id"]: each["limit"] for each in pipeline.observer.values(REFUSALS)}
    owed = {f"later/{member_id}/{ordinal}" for member_id, amount in spent.items() for ordinal in range(1, amount // 100 + 1)}
    assert made.keys() | refused.keys() == owed and not made.keys() & refused.keys()
    # The late ones have no limit, and count: whether before or after others hangs on when they reach the keeper.
    late = len([grant_id for grant_id, version in made.items() if version == 1]) - len(before)
    decided = len([grant_id for grant_id, version in made.items() if version == 2])
    assert MORE - late <= decided <= MORE
    assert set(refused.values()) == {"total"}
    pipeline.assert_in_order()
