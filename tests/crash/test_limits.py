"""Limits that a keeper decides, and figures, on a real Kafka: kill -9 of the members' side and of the keeper's (spec 2.10)."""

from __future__ import annotations

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
from streams.topics import FIGURES, GIFTS, REFUSALS
from tests.crash.documents import Sent
from tests.crash.pipeline import NAMED, Pipeline, exit_code, until
from tests.oracle.examples import order, program, spend

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

Document = dict[str, Any]
CUP: Document = {"kind": "coupon", "code": "cup", "name": "Cup", "value": 300, "currency": "GBP"}
ONE_CUP = [{"kind": "coupon", "coupon": "cup", "quantity": 1}]
PER_MEMBER, TOTAL, BUDGET = 12, 250, 90_000
# The keepers of the two are in different partitions of four.
RULES = [
    program(1_000_000),
    CUP,
    spend(code="in-all", limits={"per_member": PER_MEMBER, "total": TOTAL}),
    spend(code="worth", threshold=70, gifts=ONE_CUP, limits={"budget": BUDGET}),
    spend(code="free", threshold=500),
]
MEMBERS = [f"m{number}" for number in range(60)]
STEPS = [f"{step}.{when}:{times}" for step, times in (("commit", 6), ("publish", 5)) for when in ("before", "after")]


@pytest.fixture
def limited(kafka: Kafka, prefix: str, tmp_path: Path) -> Iterator[Pipeline]:
    """Under these rules."""
    made = Pipeline(kafka.bootstrap, prefix, tmp_path, RULES, 4, FIGURES="true")
    yield made
    made.close()
    Cluster(Connection(kafka.bootstrap)).delete(made.topic_names())


def orders(count: int) -> tuple[list[Sent], Counter[str]]:
    """Orders of many members, and what each has spent."""
    rng = random.Random(7)
    placed_at = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    sent, spent = [], Counter[str]()
    for number in range(count):
        member_id, amount = rng.choice(MEMBERS), rng.randint(20, 240)
        document = order(f"o{number}", placed_at, ("x", 1, amount), member_id=member_id)
        sent.append(Sent("pos.orders", member_id.encode(), json.dumps(document).encode()))
        spent[member_id] += amount
    return sent, spent


def assert_each_was_decided_once(pipeline: Pipeline, spent: Counter[str], count: int) -> None:
    """Each grant that was owed was made or refused, by the right limit, and no limit is exceeded; the figures say the same."""
    pipeline.wait_folded()
    made = {each["grant_id"]: each for each in pipeline.observer.values(GIFTS)}
    refused = {each["grant_id"]: each["limit"] for each in pipeline.observer.values(REFUSALS)}
    for each in pipeline.observer.values(GIFTS):
        assert each == made[each["grant_id"]]
    assert not made.keys() & refused.keys()
    owed = {
        f"{code}/{member_id}/{ordinal}": ordinal
        for code, threshold in (("in-all", 100), ("worth", 70), ("free", 500))
        for member_id, amount in spent.items()
        for ordinal in range(1, amount // threshold + 1)
    }
    assert {*made, *refused} == owed.keys()
    by_code = Counter(grant_id.partition("/")[0] for grant_id in made)
    assert (by_code["in-all"], by_code["worth"] * 300) == (TOTAL, BUDGET)
    wanted = {
        grant_id: "per_member" if grant_id.startswith("in-all") and owed[grant_id] > PER_MEMBER else limit
        for grant_id, limit in (
            (grant_id, "total" if grant_id.startswith("in-all") else "budget") for grant_id in owed if grant_id not in made
        )
    }
    assert refused == wanted
    assert_figures(pipeline, spent, count, by_code, Counter(refused.values()))
    pipeline.assert_in_order()


def assert_figures(pipeline: Pipeline, spent: Counter[str], count: int, made: Counter[str], refused: Counter[str]) -> None:
    """Added up, each turn once, and none missing."""
    records = {(each["partition"], each["turn"]): each for each in pipeline.observer.values(FIGURES)}
    through = dict.fromkeys(range(4), -1)
    sums: dict[str, Counter[str]] = {code: Counter() for code in ("in-all", "worth", "free")}
    sold: Counter[str] = Counter()
    for (partition, turn), record in sorted(records.items()):
        assert record["after"] == through[partition]
        through[partition] = turn
        for code, added in record["activities"].items():
            sums[code] += Counter({name: value for name, value in added.items() if isinstance(value, int)})
        for cell in record["cells"]:
            sold += Counter({"orders": cell[4], "amount": cell[5], "grants": cell[8]})
    for code, found in sums.items():
        assert (found["orders"], found["amount"], found["members"]) == (count, spent.total(), len(spent))
        assert found["grants"] == made[code]
    assert sums["in-all"]["per_member"] + sums["in-all"]["total"] + sums["worth"]["budget"] == refused.total()
    assert dict(sold) == {"orders": count, "amount": spent.total(), "grants": made.total()}


def test_killed_at_one_step_after_the_other(limited: Pipeline) -> None:
    sent, spent = orders(1_500)
    limited.produce(sent)
    for step in STEPS:
        assert exit_code(limited.worker("--kill-at", step, FETCH_PAUSE_MS="100", **NAMED)) == -signal.SIGKILL
    assert limited.in_flow()
    limited.wide_worker(**NAMED)
    assert_each_was_decided_once(limited, spent, len(sent))


def test_a_worker_joins_and_is_killed_and_so_is_the_first(limited: Pipeline) -> None:
    sent, spent = orders(1_500)
    half = len(sent) // 2
    limited.produce(sent[:half])
    first = limited.worker(FETCH_PAUSE_MS="150")
    limited.wait_turns(10)
    second = limited.worker(FETCH_PAUSE_MS="150")
    until(lambda: "partition_taken" in limited.log(second), "the second worker has taken a partition")
    limited.produce(sent[half:])
    limited.wait_turns(10)
    first.signal(signal.SIGKILL)
    assert exit_code(first) == -signal.SIGKILL
    limited.wait_turns(5)
    third = limited.worker()
    until(lambda: "partition_taken" in limited.log(third), "the third worker has taken a partition")
    second.signal(signal.SIGKILL)
    assert exit_code(second) == -signal.SIGKILL
    assert_each_was_decided_once(limited, spent, len(sent))
