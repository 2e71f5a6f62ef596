"""A Redis that is down holds up delivery only: nothing is lost, nothing else waits, and it catches up (spec 4.2)."""

from __future__ import annotations

import json
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis

from devtools.redis import Redis
from sinks.wallet.wallet import Balance
from streams.topics import DELIVER_CHANGELOG, GIFTS, POS_ORDERS
from tables.layout import FENCE
from tests.delivery.flow import Flow
from tests.delivery.grants import expected, some_grants

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

_DEFINITIONS = """
{kind: program, code: classic, name: Classic, timezone: Europe/London, currency: GBP, levels: [], default: true, enabled: false}
---
{kind: coupon, code: coffee, name: A coffee, value: 300, currency: GBP}
---
kind: activity
type: cumulative_spend
code: every-ten
name: For every ten pounds
condition: {items: any, mode: every, measure: amount, threshold: 1000}
gifts: [{kind: points, points: 7}, {kind: coupon, coupon: coffee, quantity: 2}]
"""


def test_orders_are_counted_while_redis_is_down_and_everything_arrives_once_when_it_is_back(
    own_flow: Flow, own_redis: Redis, tmp_path: Path
) -> None:
    flow = own_flow
    (tmp_path / "definitions.yaml").write_text(_DEFINITIONS)
    code, said = flow.tidemark("publish", str(tmp_path / "definitions.yaml"))
    assert code == 0, said
    aggregation, delivery = flow.worker("aggregate"), flow.worker("deliver")
    _order(flow, 0, 400)
    flow.wait_for(lambda: _granted(flow) == 400, "the first grants")
    flow.wait_delivered()

    own_redis.kill()
    _order(flow, 400, 1600)
    flow.wait_for(lambda: _granted(flow) == 1600, "grants of orders that came while Redis was down")
    flow.wait_for(lambda: "sink_down" in flow.log(delivery), "the outage is logged")
    # Longer than a session: heartbeats have gone on.
    waited_until = datetime.now(UTC) + timedelta(seconds=6)
    flow.wait_for(lambda: datetime.now(UTC) > waited_until, "a session and a half")
    assert aggregation.is_running() and delivery.is_running()
    assert not flow.delivered()

    own_redis.start()
    flow.wait_delivered()
    per_member = Counter(_member(number) for number in range(1600))
    wanted = {member: Balance(7 * count, {"coffee": 2 * count}) for member, count in per_member.items()}
    assert flow.wallets(wanted) == wanted
    said = flow.log(delivery)
    assert said.count("sink_down") == 1 and said.count("sink_back") == 1
    # The partitions were never lost: nobody took them a second time.
    assert len([key for _, key, _ in flow.read(DELIVER_CHANGELOG) if key == FENCE]) == 3


def test_workers_come_and_go_while_redis_is_down(own_flow: Flow, own_redis: Redis) -> None:
    flow = own_flow
    grants = some_grants(seed=5, count=800, members=40)
    first = flow.worker()
    flow.grant(grants[:300])
    flow.wait_delivered()
    own_redis.kill()
    flow.grant(grants[300:])
    flow.wait_for(lambda: "sink_down" in flow.log(first), "the outage is noticed")
    second = flow.worker()
    flow.wait_for(lambda: "partition_taken" in flow.log(second), "the second worker has partitions")
    first.signal(signal.SIGTERM)
    assert first.wait() == 0
    third = flow.worker()
    flow.wait_for(lambda: "partition_taken" in flow.log(third), "the third worker has partitions")
    own_redis.start()
    flow.wait_delivered()
    assert second.is_running() and third.is_running()
    wanted = expected(grants)
    assert flow.wallets(wanted) == wanted


def test_a_redis_that_is_full_is_waited_for(own_flow: Flow, own_redis: Redis) -> None:
    flow = own_flow
    grants = some_grants(seed=6, count=200, members=20)
    with redis.Redis.from_url(own_redis.url) as client:
        client.config_set("maxmemory", 1)
        worker = flow.worker()
        flow.grant(grants)
        flow.wait_for(lambda: "sink_down" in flow.log(worker), "the outage is noticed")
        assert all(balance == Balance(0, {}) for balance in flow.wallets(expected(grants)).values())
        client.config_set("maxmemory", 0)
    flow.wait_delivered()
    wanted = expected(grants)
    assert flow.wallets(wanted) == wanted


def _member(number: int) -> str:
    return f"m{number % 37}"


def _order(flow: Flow, first: int, last: int) -> None:
    """Orders that owe one grant each."""
    placed_at = datetime.now(UTC).isoformat()
    orders = []
    for number in range(first, last):
        order = {
            "type": "purchase", "order_id": f"o{number}", "channel": "pos", "store_id": "s1", "member_id": _member(number),
            "placed_at": placed_at, "currency": "GBP", "lines": [{"sku": "a", "quantity": 1, "amount": 1000}], "total": 1000,
        }  # fmt: skip
        orders.append((_member(number), json.dumps(order).encode()))
    flow.produce(POS_ORDERS, orders)


def _granted(flow: Flow) -> int:
    """Distinct grants on the topic."""
    return len({json.loads(value)["grant_id"] for _, _, value in flow.read(GIFTS)})
