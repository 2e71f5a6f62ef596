"""Sinks side by side: each is one file and a line, and holds up only itself (spec 4.2)."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from confluent_kafka.admin import NewTopic

from broker.client.cluster import Cluster
from broker.client.connection import Connection
from devtools.kafka import Kafka
from devtools.redis import Redis
from tests.delivery.flow import PARTITIONS, Flow
from tests.delivery.grants import expected, grant, some_grants
from tests.delivery.ledger import CHANGELOG

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


@pytest.fixture
def beside(own_flow: Flow, kafka: Kafka) -> Flow:
    """With the changelog of a second sink."""
    cluster = Cluster(Connection(kafka.bootstrap))
    cluster.create([NewTopic(own_flow.prefix + CHANGELOG, PARTITIONS, 1, config={"cleanup.policy": "compact"})])
    cluster.wait_for([own_flow.prefix + CHANGELOG])
    return own_flow


def test_a_sink_that_is_down_holds_up_only_itself_and_catches_up(beside: Flow, own_redis: Redis, tmp_path: Path) -> None:
    flow = beside
    grants = some_grants(seed=8, count=400, members=30)
    ids = {each["grant_id"] for each in grants}
    ledger, down = tmp_path / "ledger", tmp_path / "down"
    wallets, other = flow.worker(), flow.ledger_worker(tmp_path)
    flow.grant(grants[:150])
    flow.wait_delivered()
    flow.wait_delivered(CHANGELOG)

    own_redis.kill()
    flow.grant(grants[150:300])
    flow.wait_delivered(CHANGELOG)
    assert set(ledger.read_text().split()) == {each["grant_id"] for each in grants[:300]}
    flow.wait_for(lambda: "sink_down" in flow.log(wallets), "the wallets are found down")
    assert not flow.delivered() and "sink_down" not in flow.log(other)

    down.touch()
    own_redis.start()
    flow.grant([*grants[300:], grant("stranger", 1, [{"kind": "points", "points": 5}])])
    flow.wait_delivered()
    wanted = expected(grants)
    assert flow.wallets(wanted) == wanted
    flow.wait_for(lambda: "sink_down" in flow.log(other), "the ledger is found closed")
    assert not flow.delivered(CHANGELOG) and other.is_running()

    down.unlink()
    flow.wait_delivered(CHANGELOG)
    written = ledger.read_text().split()
    assert set(written) == ids and len(written) == len(ids)
    [letter] = flow.dead_letters()
    assert letter["reason"] == "ledger_stranger" and letter["detail"] == "no page for stranger"
    for worker in (wallets, other):
        assert worker.is_running()
        worker.signal(signal.SIGTERM)
        assert worker.wait() == 0


def test_a_kill_between_a_sink_and_the_commit_gives_again_and_the_sink_knows_it(beside: Flow, tmp_path: Path) -> None:
    flow = beside
    grants = some_grants(seed=9, count=300, members=10)
    flow.grant(grants)
    doomed = flow.ledger_worker(tmp_path, "--kill-at", "sink.after:2")
    assert doomed.wait() == -signal.SIGKILL
    written = len((tmp_path / "ledger").read_text().split())
    assert written and not flow.delivered(CHANGELOG)
    flow.ledger_worker(tmp_path)
    flow.wait_delivered(CHANGELOG)
    after = (tmp_path / "ledger").read_text().split()
    assert set(after) == {each["grant_id"] for each in grants} and len(after) == len(set(after))
