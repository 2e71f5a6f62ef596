"""A later version that is published while workers run: they take it up, and it holds from 10 s after its record's timestamp (spec 2.5)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.client.client import open_client
from broker.client.cluster import Cluster
from broker.client.connection import Connection
from broker.client.produce import settled
from devtools.kafka import Kafka
from rules.times import iso, moment
from streams.definitions import Definitions
from streams.topics import DEFINITIONS, GIFTS, LEVELS, POS_ORDERS
from tests.crash.documents import Sent
from tests.crash.pipeline import Pipeline, until
from tests.generate import write_definitions
from tests.oracle.examples import order, program, spend, upgrade

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

HOLDS_AFTER_MS = 10_000
_MEMBERS = 8
_MS = timedelta(milliseconds=1)


def points(number: int) -> list[dict[str, Any]]:
    return [{"kind": "points", "points": number, "release": "instant"}]


@pytest.fixture
def pipeline(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Pipeline]:
    rules = [program(10_000), spend(gifts=points(1)), upgrade("classic/*", gifts=points(7))]
    made = Pipeline(kafka.bootstrap, prefix, tmp_path, rules, 2)
    yield made
    made.close()
    Cluster(Connection(kafka.bootstrap)).delete(made.topic_names())


async def saved_at_ms(pipeline: Pipeline) -> dict[str, int]:
    """When the newest version of each definition was saved, by code."""
    client = await open_client(Connection(pipeline.bootstrap), "test")
    try:
        topic = pipeline.prefix + DEFINITIONS
        await settled(client, [topic])
        definitions = Definitions(client, topic)
        await definitions.read_to_end()
        return {saved.code: saved.saved_at_ms for _, saved in definitions.versions}
    finally:
        await client.close()


def ordered(order_id: str, placed_at: str, amount: int, member_id: str) -> Sent:
    document = order(order_id, placed_at, ("x", 1, amount), member_id=member_id)
    return Sent(POS_ORDERS, member_id.encode(), json.dumps(document).encode())


def test_running_workers_judge_by_it_from_ten_seconds_after_it_was_saved(pipeline: Pipeline, tmp_path: Path) -> None:
    workers = [pipeline.worker() for _ in range(2)]
    idle = [f"idle{number}" for number in range(_MEMBERS)]
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    pipeline.produce([ordered("o", yesterday, 6_000, member_id) for member_id in idle])
    pipeline.wait_folded()
    write_definitions(tmp_path / "changed", [program(5_000), spend(gifts=points(2))])
    pipeline.tidemark("publish", str(tmp_path / "changed"))
    until(lambda: all("definitions_changed" in pipeline.log(worker) for worker in workers), "the workers have heard of it")

    saved = asyncio.run(saved_at_ms(pipeline))
    holds = moment(saved["spend"] + HOLDS_AFTER_MS)
    before, after = [f"before{number}" for number in range(_MEMBERS)], [f"after{number}" for number in range(_MEMBERS)]
    pipeline.produce([ordered("o", (holds - _MS).isoformat(), 100, member_id) for member_id in before])
    pipeline.produce([ordered("o", holds.isoformat(), 100, member_id) for member_id in after])
    pipeline.wait_folded()
    observer = pipeline.observer
    spent = {each["member_id"]: each["gifts"][0]["points"] for each in observer.values(GIFTS) if each["member_id"] not in idle}
    assert spent == dict.fromkeys(before, 1) | dict.fromkeys(after, 2)

    # Nothing comes of those who are idle: they are judged by the changed program once it is that late by the broker.
    since = iso(moment(saved["classic"] + HOLDS_AFTER_MS))
    until(lambda: not pipeline.in_flow() and len(observer.values(LEVELS)) >= len(idle), "the idle are judged")
    assert sorted((each["member_id"], each["level"], each["why"], each["since"]) for each in observer.values(LEVELS)) == [
        (member_id, "one", "rule", since) for member_id in idle
    ]
    gained = [(each["member_id"], each["occurred_at"]) for each in observer.values(GIFTS) if each["activity"] == "up"]
    assert sorted(gained) == [(member_id, since) for member_id in idle]
    assert all(worker.is_running() for worker in workers)
