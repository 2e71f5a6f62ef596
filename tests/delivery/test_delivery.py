"""Grants reach the wallets, once each, whatever comes along and whoever dies (spec 4.2)."""

from __future__ import annotations

import json
import signal

import pytest
import redis

from devtools.redis import Redis
from sinks.wallet.wallet import Balance
from streams.topics import DELIVER_CHANGELOG, GIFTS, RELEASES
from tables.layout import FENCE, HEAD, OUT
from tests.crash.pipeline import NAMED, until
from tests.delivery.flow import PARTITIONS, Flow
from tests.delivery.grants import encoded, expected, grant, some_grants

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def test_each_grant_is_applied_once_however_often_it_stands_on_the_topic(flow: Flow) -> None:
    grants = some_grants(seed=1, count=600, members=40)
    flow.grant(grants)
    worker = flow.worker()
    flow.wait_delivered()
    flow.grant(grants[:100])
    flow.wait_delivered()
    wanted = expected(grants)
    assert flow.wallets(wanted) == wanted
    # The commit log holds fences, heads and what is told of attempts, nothing else.
    assert {key for _, key, _ in flow.read(DELIVER_CHANGELOG) if not key.startswith(OUT)} == {FENCE, HEAD}
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0


def test_what_is_not_claimed_with_its_grant_is_applied_when_it_is_claimed(flow: Flow) -> None:
    mug: dict[str, object] = {"kind": "coupon", "coupon": "mug", "release": "daily", "claim": "member", "validity": {"days": 7}}
    points: dict[str, object] = {"kind": "points", "points": 5}
    made = grant("ann", 1, [points, mug, points | {"release": "hourly"}])
    at, end = "2026-01-03T00:00:00+00:00", "2026-01-10T23:59:59+00:00"
    row = {"grant_id": made["grant_id"], "member_id": "ann", "released_at": at}
    waits = row | {"gift": 2, "event": "released", "claimed_at": None, "valid_to": None, "given": mug}
    claimed = waits | {"event": "claimed", "claimed_at": at, "valid_to": end}
    hourly = row | {"gift": 3, "event": "released", "claimed_at": at, "valid_to": None, "given": points}
    flow.worker()
    flow.grant([made])
    flow.produce(RELEASES, [("ann", json.dumps(each).encode()) for each in (hourly, waits)])
    flow.wait_delivered()
    assert flow.wallets(["ann"]) == {"ann": Balance(10, {})}
    flow.grant([made])
    flow.produce(RELEASES, [("ann", json.dumps(each).encode()) for each in (claimed, hourly, waits, claimed)])
    flow.wait_delivered()
    assert flow.wallets(["ann"]) == {"ann": Balance(10, {"mug": 1}, {("mug", end): 1})}
    assert flow.dead_letters() == []


def test_what_is_no_grant_goes_to_the_dead_letters_and_delivery_goes_on(flow: Flow) -> None:
    good = some_grants(seed=2, count=60, members=6)
    junk: list[bytes | None] = [
        b"\xff\xfe not JSON",
        b"[1,2]",
        None,
        json.dumps({"grant_id": "x", "gifts": []}).encode(),
        encoded(grant("m1", 900, [{"kind": "points", "points": -5}])),
        encoded(grant("m1", 901, [{"kind": "points", "points": 1.5}])),
        encoded(grant("m1", 902, [{"kind": "gold", "bars": 1}])),
        encoded(grant("", 903, [{"kind": "points", "points": 5}])),
    ]
    for start in range(0, len(good), 12):
        flow.grant(good[start : start + 12])
        flow.produce(GIFTS, [("m1", value) for value in junk])
    flow.worker()
    flow.wait_delivered()
    wanted = expected(good)
    assert flow.wallets(wanted) == wanted
    letters = flow.dead_letters()
    assert len(letters) == 6 * len(junk)
    reasons = [letter["reason"] for letter in letters]
    assert {reason: reasons.count(reason) for reason in reasons} == {"undecodable": 6 * 3, "invalid": 6 * 5}
    assert all(letter["source"].startswith("gifts/") and letter["detail"] for letter in letters)


def test_a_wallet_that_is_none_holds_up_nobody_and_its_grant_can_be_sent_again(flow: Flow, redis_server: Redis) -> None:
    grants = some_grants(seed=7, count=60, members=3)
    with redis.Redis.from_url(redis_server.url) as client:
        client.set(f"{flow.prefix}wallet:{{broken}}", "not a wallet")
        flow.grant([*grants[:30], grant("broken", 1, [{"kind": "points", "points": 5}]), *grants[30:]])
        flow.worker()
        flow.wait_delivered()
        wanted = expected(grants)
        assert flow.wallets(wanted) == wanted
        [letter] = flow.dead_letters()
        assert letter["reason"] == "wallet_broken" and "broken" in letter["detail"]
        client.delete(f"{flow.prefix}wallet:{{broken}}")
    code, said = flow.tidemark("dead-letters", "resend", letter["source"])
    assert code == 0, said
    flow.wait_delivered()
    assert flow.wallets(["broken"])["broken"].points == 5


@pytest.mark.parametrize("step", ["sink.before", "sink.after", "commit.before", "commit.after"])
def test_a_kill_between_redis_and_the_commit_doubles_nothing_and_loses_nothing(flow: Flow, step: str) -> None:
    grants = some_grants(seed=3, count=900, members=30)
    flow.grant(grants)
    wanted = expected(grants)
    for times in (1, 3, 5):
        doomed = flow.doomed_worker(f"{step}:{times}")
        assert doomed.wait() == -signal.SIGKILL
    if step == "sink.after":
        # It did apply something that it did not commit.
        assert any(balance.points for balance in flow.wallets(wanted).values())
    assert not flow.delivered()
    flow.worker(**NAMED)
    flow.wait_delivered()
    assert flow.wallets(wanted) == wanted


def test_two_workers_share_the_partitions_and_one_takes_over_when_the_other_is_killed(flow: Flow) -> None:
    grants = some_grants(seed=4, count=1500, members=50)
    first, second = flow.worker(), flow.worker()
    flow.grant(grants[:600])
    flow.wait_delivered()
    until(lambda: "partition_taken" in flow.log(first) and "partition_taken" in flow.log(second), "both own partitions")
    flow.grant(grants[600:1200])
    first.kill()
    flow.grant(grants[1200:])
    flow.wait_delivered()
    wanted = expected(grants)
    assert flow.wallets(wanted) == wanted
    taken = [key for _, key, _ in flow.read(DELIVER_CHANGELOG) if key == FENCE]
    assert len(taken) > PARTITIONS
    second.signal(signal.SIGTERM)
    assert second.wait() == 0
