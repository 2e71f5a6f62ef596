"""Members who are merged and deleted, on a real Kafka: kill -9 on either side, one step after the other (spec 1.7)."""

from __future__ import annotations

import asyncio
import json
import random
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from devtools.kafka import Kafka
from streams.topics import BENEFITS, DEAD_LETTERS, GIFTS, LEVELS
from tests.crash.documents import Sent
from tests.crash.pipeline import NAMED, Pipeline, exit_code
from tests.crash.state import recovered
from tests.oracle.examples import order, program, refund, spend, upgrade

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

Document = dict[str, Any]
PEOPLE, IDS_EACH = 20, 3
THRESHOLDS = {"one": 1_000, "two": 5_000}
BENEFITS_OF_EACH = [
    {"kind": "upgrade_points", "code": "points", "name": "Points", "points": 5},
    {"kind": "discount", "code": "ten", "name": "10 %", "percentage": 10, "issue": "on_upgrade"},
]
PLACED = (datetime.now(UTC) - timedelta(days=1)).isoformat()
STEPS = [f"{step}.{when}:{times}" for step, times in (("commit", 6), ("publish", 5)) for when in ("before", "after")]


@pytest.fixture
def merged(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Pipeline]:
    rules = program(*THRESHOLDS.values())
    for level in rules["levels"]:
        level["benefits"] = BENEFITS_OF_EACH
    made = Pipeline(kafka.bootstrap, prefix, tmp_path, [rules, spend(), upgrade("classic/*")], 4)
    yield made
    made.close()
    Cluster(Connection(kafka.bootstrap)).delete(made.topic_names())


def id_of(person: int, number: int) -> str:
    """Everybody has several, mostly in several partitions; all lead to the first."""
    return f"person-{person}-{number}"


def sent(document: Document, topic: str = "pos.orders") -> Sent:
    return Sent(topic, document["member_id"].encode(), json.dumps(document).encode())


def merges() -> list[Sent]:
    """The last id leads to the one before it, and that to the first: whichever comes first."""
    return [
        sent({"type": "member", "member_id": id_of(person, number), "merged_into": id_of(person, number - 1)}, "members")
        for person in range(PEOPLE)
        for number in (2, 1)
    ]


def orders(count: int) -> list[Document]:
    rng = random.Random(3)
    return [
        order(f"o{number}", PLACED, ("x", 1, rng.randint(20, 240)), member_id=id_of(rng.randrange(PEOPLE), rng.randrange(IDS_EACH)))
        for number in range(count)
    ]


def killed_at_each_step(pipeline: Pipeline) -> None:
    for step in STEPS:
        assert exit_code(pipeline.worker("--kill-at", step, FETCH_PAUSE_MS="100", **NAMED)) == -signal.SIGKILL


def test_killed_at_one_step_after_the_other_all_of_it_is_one_members(merged: Pipeline) -> None:
    bought, rng = orders(1_500), random.Random(5)
    flow = [sent(each) for each in bought]
    for each in merges():
        flow.insert(rng.randrange(len(flow)), each)
    merged.produce(flow)
    killed_at_each_step(merged)
    assert merged.in_flow()
    worker = merged.wide_worker(**NAMED)
    merged.wait_folded()
    assert_one(merged, bought, {})
    # Once they are one, an order that comes again under another of the ids is known, and so is what was bought when it is given back.
    again = [each | {"member_id": other_id(each["member_id"], rng)} for each in bought]
    backs = [
        refund(f"r{number}", each["order_id"], PLACED, ("x", 0, 10), member_id=other_id(each["member_id"], rng))
        for number, each in enumerate(bought)
    ]
    worker.signal(signal.SIGKILL)
    assert exit_code(worker) == -signal.SIGKILL
    later = [sent(each) for each in (*again, *backs, *backs)]
    rng.shuffle(later)
    merged.produce(later)
    killed_at_each_step(merged)
    assert merged.in_flow()
    worker = merged.wide_worker(**NAMED)
    merged.wait_folded()
    assert_one(merged, bought, {each["order_id"]: 10 for each in bought})
    assert_nothing_is_left_of_who_is_deleted(merged, worker)


def other_id(member_id: str, rng: random.Random) -> str:
    _, person, _ = member_id.split("-")
    return id_of(int(person), rng.randrange(IDS_EACH))


def assert_one(pipeline: Pipeline, bought: list[Document], given_back: dict[str, int]) -> None:
    """All of everybody is at his first id; and what the sums have earned was granted once, wherever it was."""
    spent, left = Counter[str](), Counter[str]()
    for each in bought:
        person = each["member_id"].split("-")[1]
        spent[person] += each["total"]
        left[person] += each["total"] - given_back.get(each["order_id"], 0)
    assert pipeline.observer.values(DEAD_LETTERS) == []
    granted: dict[str, Document] = {}
    for grant in pipeline.observer.values(GIFTS):
        assert granted.setdefault(grant["grant_id"], grant) == grant
    assert Counter(grant["member_id"].split("-")[1] for grant in granted.values() if grant["activity"] == "spend") == {
        person: amount // 100 for person, amount in spent.items() if amount >= 100
    }
    assert_gained_once(pipeline, spent, granted)
    state = asyncio.run(recovered(pipeline.bootstrap, pipeline.prefix, pipeline.partitions))
    assert state.spending() == {("classic", f"person-{person}-0"): amount for person, amount in left.items()}
    assert state.progress() == {("spend", f"person-{person}-0"): amount for person, amount in left.items()}
    pipeline.assert_in_order()


def assert_gained_once(pipeline: Pipeline, spent: Counter[str], granted: dict[str, Document]) -> None:
    """Each level that a person reached, at most once under each of his ids, whenever they became one, with all that comes of it."""
    issued: dict[str, Document] = {}
    for issue in pipeline.observer.values(BENEFITS):
        assert issued.setdefault(issue["issue_id"], issue) == issue
    held = {
        member_id: change["level"] for member_id, change in pipeline.observer.latest(LEVELS, lambda each: each["member_id"]).items()
    }
    for person, amount in spent.items():
        ids = [id_of(int(person), number) for number in range(IDS_EACH)]
        reached = [level for level, threshold in THRESHOLDS.items() if threshold <= amount]
        assert [held.get(each) for each in ids] == [reached[-1] if reached else None, None, None]
        for level in THRESHOLDS:
            gained = [each for each in ids if f"up/{each}/classic/{level}" in granted]
            assert bool(gained) == (level in reached)
            assert [each for each in ids if f"classic/{level}/points/{each}" in granted] == gained
            # Who rises by the merge is issued it too.
            with_it = [each for each in ids for issue in issued.values() if (issue["member_id"], issue["level"]) == (each, level)]
            assert set(gained) <= set(with_it) and len(with_it) == len(set(with_it))


def assert_nothing_is_left_of_who_is_deleted(pipeline: Pipeline, worker: Any) -> None:
    """By any of his ids, in the changelog as compaction leaves it."""
    deletions = [{"type": "member", "member_id": id_of(person, person % IDS_EACH), "deleted": True} for person in range(5)]
    pipeline.produce([sent(each, "members") for each in deletions])
    worker.signal(signal.SIGKILL)
    assert exit_code(worker) == -signal.SIGKILL
    assert exit_code(pipeline.worker("--kill-at", "commit.after:1", **NAMED)) == -signal.SIGKILL
    pipeline.worker(**NAMED)
    pipeline.wait_folded()
    state = asyncio.run(recovered(pipeline.bootstrap, pipeline.prefix, pipeline.partitions))
    known = state.members.keys()
    gone = {id_of(person, number) for person in range(5) for number in range(IDS_EACH)}
    assert not known & gone
    assert {id_of(person, number) for person in range(5, PEOPLE) for number in range(IDS_EACH)} <= known
