"""A member is deleted on a running system, on a real Kafka and Redis: what is left of him, wherever it stood (spec 1.7)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from devtools.kafka import Kafka
from devtools.redis import Redis
from streams.topics import AGGREGATE_CHANGELOG, DELIVERY_CHANGELOGS, GIFTS, MEMBERS, POS_ORDERS, RELEASES, TOPICS
from tests.crash.pipeline import until
from tests.delivery.flow import Flow
from tests.generate import write_definitions
from tests.oracle.examples import order, program, spend

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]

Document = dict[str, Any]
CUP: Document = {"kind": "coupon", "code": "cup", "name": "Cup", "value": 300, "currency": "GBP"}
GIFTS_OF_BOTH = [
    {"kind": "coupon", "coupon": "cup", "quantity": 1},
    {"kind": "points", "points": 7, "claim": "member"},
    {"kind": "points", "points": 9, "release": "daily"},
]
HIS_IDS = ("ann-1", "ann-2")
CHANGELOGS = (AGGREGATE_CHANGELOG, *DELIVERY_CHANGELOGS)
# So that the broker cleans while the test runs: a segment takes in no more after a second, any that has one record too many is worth
# cleaning, and what says that a key is gone goes with the next cleaning.
CLEANED_SOON = {"segment.ms": "1000", "min.cleanable.dirty.ratio": "0.001", "delete.retention.ms": "0"}
# What is the person: nobody else has it.
PERSON = (b"Ann Example", b"442079460958", b"1990-03-08", b"openid-of-ann")
PLACED = (datetime.now(UTC) - timedelta(hours=3)).isoformat()


def profile(member_id: str) -> Document:
    more = {"phone": "442079460958", "birthday": "1990-03-08", "mini_programs": {"main": "openid-of-ann"}}
    return {"type": "member", "member_id": member_id, "name": "Ann Example", **more}


def produce(flow: Flow, topic: str, *documents: Document) -> None:
    flow.produce(topic, [(each["member_id"], json.dumps(each).encode()) for each in documents])


def bought(order_id: str, member_id: str, amount: int) -> Document:
    return order(order_id, PLACED, ("x", 1, amount), member_id=member_id)


def latest(flow: Flow, topic: str) -> dict[tuple[int, bytes], bytes]:
    """What compaction leaves of a topic: of each key its newest record, and none that says that there is none."""
    records = {(partition, key): value for partition, key, value in flow.read(topic)}
    return {place: value for place, value in records.items() if value is not None}


def in_redis(server: Redis, prefix: str) -> Iterator[tuple[str, str]]:
    """All that stands there under a prefix: each key, and what it holds as text."""
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        read = {"string": client.get, "hash": client.hgetall, "set": client.smembers}
        for key in client.scan_iter(f"{prefix}*", count=1000):
            yield key, str(read[client.type(key)](key))


def figures_of(server: Redis, prefix: str) -> tuple[int, int, int]:
    """Orders, what they came to, and grants."""
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        found = client.hgetall(f"{prefix}figures:{{figures}}:activity:spend")
    return int(found.get("orders", 0)), int(found.get("amount", 0)), int(found.get("grants", 0))


def test_nothing_is_left_of_the_person_and_the_books_are_as_they_were(
    flow: Flow, kafka: Kafka, redis_server: Redis, prefix: str, tmp_path: Path
) -> None:
    write_definitions(tmp_path / "definitions", [program(100), CUP, spend(gifts=GIFTS_OF_BOTH)])
    code, said = flow.tidemark("publish", str(tmp_path / "definitions"))
    assert code == 0, said
    for app in ("aggregate", "deliver", "figures"):
        flow.worker(app, FIGURES="true")
    produce(flow, MEMBERS, *map(profile, HIS_IDS))
    produce(flow, POS_ORDERS, *(bought(f"of {each}", each, 150) for each in (*HIS_IDS, "bob")))
    flow.wait_for(lambda: sum(flow.ends(GIFTS).values()) == 3, "the grants are made")
    produce(flow, MEMBERS, {"type": "member", "member_id": "ann-2", "merged_into": "ann-1"})
    # The sum of both owes a third.
    flow.wait_for(lambda: sum(flow.ends(GIFTS).values()) == 4, "they are one")
    flow.wait_for(lambda: flow.wallets(["ann-1"])["ann-1"].coupons == {"cup": 3}, "the wallet has what both had")
    flow.wait_for(lambda: figures_of(redis_server, prefix) == (3, 450, 4), "the figures are there")
    grants = flow.read(GIFTS)
    assert any(any(each in held for each in PERSON) for held in latest(flow, "aggregate-changelog").values())

    produce(flow, MEMBERS, {"type": "member", "member_id": "ann-2", "deleted": True})
    flow.wait_for(lambda: flow.wallets(["ann-1"])["ann-1"].coupons == {}, "the wallet is gone")
    others = _let_turns_pass(flow)

    # Nobody is found by his phone or his ids, and no command names him.
    for arguments in (["--phone", "442079460958"], ["--member", "ann-1"], ["--member", "ann-2"]):
        assert "there is no such member" in flow.tidemark("members", "find", *arguments)[1]
    for each in HIS_IDS:
        code, said = flow.tidemark("grants", "--member", each)
        assert f"member {each} was deleted" in said and "spend/" not in said
    code, said = flow.tidemark("explain", "spend/ann-1/1", "--json")
    assert code == 0 and json.loads(said)["grant"]["member_id"] is None

    # Changelogs, as compaction leaves them: no record of his ids, and nothing that was said of him.
    for topic in CHANGELOGS:
        for (_, key), value in latest(flow, topic).items():
            assert not any(each.encode() in key + value for each in HIS_IDS), (topic, key, value)
            assert not any(each in value for each in PERSON), (topic, key)
    # What went out: the books name an id, and none the person.
    for topic in (each.name for each in TOPICS if each.kind == "output"):
        for _, key, value in flow.read(topic):
            assert not any(each in (key or b"") + (value or b"") for each in PERSON), (topic, value)
    # Redis: for some days, that he was deleted; what he bought stays in the figures.
    flow.wait_for(lambda: figures_of(redis_server, prefix) == (3 + others, 450 + 100 * others, 4 + others), "the figures go on")
    named = [(key, held) for key, held in in_redis(redis_server, prefix) if any(each in key + held for each in HIS_IDS)]
    assert sorted(named) == [(f"{prefix}wallet:{{{each}}}:grants", "deleted") for each in HIS_IDS]
    # Books: what was granted stands, and what was never released or claimed never will be.
    assert {value for _, _, value in grants} <= {value for _, _, value in flow.read(GIFTS)}
    produce(flow, MEMBERS, {"type": "claim", "member_id": "ann-1", "grant_id": "spend/ann-1/1", "gift": 2, "claimed_at": PLACED})
    flow.wait_for(lambda: [each["reason"] for each in flow.dead_letters()] == ["unknown_grant"], "the claim is refused")
    assert not any(json.loads(value).get("claimed_at") for _, key, value in flow.read(RELEASES) if key == b"ann-1")

    # The broker's log cleaner has yet to run, and then it takes all that was written of him, tombstones too.
    assert _names_him(flow, AGGREGATE_CHANGELOG)
    Cluster(Connection(kafka.bootstrap)).alter({prefix + topic: CLEANED_SOON for topic in CHANGELOGS})
    _let_turns_pass(flow, until_cleaned=True)
    # A worker that goes on from what is left, on topics as they must be, knows the others as they were.
    flow.workers[0].kill()
    code, said = flow.tidemark("topics", "--alter")
    assert code == 0, said
    flow.worker("aggregate")
    produce(flow, POS_ORDERS, bought("the next of bob", "bob", 50))
    flow.wait_for(lambda: b'"spend/bob/2"' in b"".join(value for _, _, value in flow.read(GIFTS)), "he has what both orders owe")
    assert not any(_names_him(flow, topic) for topic in CHANGELOGS)


def _names_him(flow: Flow, topic: str) -> bool:
    """Whether any record that stands there, of whatever age, names him or says something of him."""
    wanted = [*PERSON, *(each.encode() for each in HIS_IDS)]
    return any(each in (key or b"") + (value or b"") for _, key, value in flow.read(topic) for each in wanted)


def _let_turns_pass(flow: Flow, *, until_cleaned: bool = False) -> int:
    """What a turn has put out stands in one of some places of the changelog, until another takes it. How many orders that took.
    `until_cleaned`: until the broker has taken what they took the place of.
    """
    numbers = count()
    some = uuid.uuid4().hex[:6]

    def is_gone() -> bool:
        members = [f"zed-{some}-{next(numbers)}" for _ in range(12)]
        produce(flow, POS_ORDERS, *(bought(f"of {each}", each, 100) for each in members))
        flow.wait_delivered()
        if until_cleaned:
            return not any(_names_him(flow, topic) for topic in CHANGELOGS)
        return not any(
            each.encode() in key + value
            for topic in CHANGELOGS
            for (_, key), value in latest(flow, topic).items()
            for each in HIS_IDS
        )

    until(is_gone, "no changelog has a record of his ids")
    return next(numbers)
