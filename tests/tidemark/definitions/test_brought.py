"""`tidemark activity list|show` with what activities have brought (spec 2.7), from Redis and from the topic."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from broker.embedded import EmbeddedBroker
from devtools.redis import Redis
from rules.figures.additions import Additions
from streams.topics import FIGURES
from tests.command import nobody
from tests.oracle.examples import at, order, program, refund, spend
from tests.standing import Standing
from tidemark.settings.settings import Settings

DEFINITIONS = [
    program(1_000),
    {"kind": "coupon", "code": "mug", "name": "Mug", "value": 500, "currency": "GBP"},
    spend(gifts=[{"kind": "coupon", "coupon": "mug", "quantity": 2}, {"kind": "points", "points": 7}], limits={"per_member": 2}),
    spend(code="quiet", channels=["online"]),
]
DOCUMENTS = [
    order("a", at(1), ("x", 1, 360)),
    order("b", at(2), ("x", 1, 60), member_id="ben"),
    refund("r", "a", at(3), ("x", 1, 30)),
]
BROUGHT = {
    "orders": 2,
    "amount": 420,
    "refunded": 30,
    "members": 2,
    "grants": 2,
    "refused": {"per_member": 1, "total": 0, "budget": 0},
    "points": 14,
    "coupons": {"mug": 4},
    "value": {"GBP": 2000},
}


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    with EmbeddedBroker() as broker:
        yield Standing(broker.servers, tmp_path_factory.mktemp("definitions"), DEFINITIONS, DOCUMENTS)


def listed(standing: Standing, *arguments: str, **settings: str) -> dict[str, Any]:
    said = standing.said("activity", "list", "--json", *arguments, **settings)
    return {row["code"]: row["figures"] for row in map(json.loads, said.splitlines())}


def test_from_the_topic_they_are_exact(standing: Standing) -> None:
    found = listed(standing, "--from-topic")
    assert found["spend"] == BROUGHT and found["quiet"]["orders"] == 0
    assert {code: {"activity": code} | row for code, row in found.items()} == {
        row["activity"]: row for row in standing.folding.performance()
    }


def test_they_are_shown_on_a_terminal(standing: Standing) -> None:
    heads, *lines = standing.said("activity", "list", "--from-topic").splitlines()
    assert heads.split()[6:] == ["orders", "amount", "refunded", "members", "grants", "refused", "points", "name"]
    (line,) = [line for line in lines if line.startswith("spend")]
    assert "2" in line and "per_member 1" in line and "420" in line
    shown = standing.said("activity", "show", "spend", "--from-topic")
    assert "refused      per_member 1\n" in shown and "value        GBP 2,000\n" in shown


def test_where_they_are_not_kept_none_are_shown(standing: Standing) -> None:
    assert listed(standing) == {"spend": None, "quiet": None}
    assert "orders" not in standing.said("activity", "list")


@pytest.mark.redis
def test_from_redis_they_are_the_same(standing: Standing, redis_server: Redis) -> None:
    of = {"figures": "on", "redis_url": redis_server.url}
    ran = standing.run("activity", "list", "--json", **of)
    assert "start `tidemark figures`" in ran.stderr and json.loads(ran.stdout.splitlines()[0])["figures"] is None
    added = [msgspec.json.decode(record.value or b"", type=Additions) for record in standing.folding.outputs[FIGURES]]
    asyncio.run(_give(Settings(redis_url=redis_server.url, prefix="tidemark."), added))
    assert listed(standing, **of) == listed(standing, "--from-topic")


async def _give(settings: Settings, added: list[Additions]) -> None:
    figures = settings.live_figures()
    try:
        await figures.give(added)
    finally:
        await figures.close()


def test_a_redis_that_is_not_there_is_said(standing: Standing) -> None:
    ran = standing.run("activity", "show", "spend", "--json", figures="on", redis_url=f"redis://{nobody()}/0")
    assert ran.returncode == 0 and "figures are not shown: " in ran.stderr and json.loads(ran.stdout)["figures"] is None
