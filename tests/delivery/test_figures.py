"""Figures in Redis after kill -9 of either worker at each step, beside what the orders say, cell by cell (spec 4.6)."""

from __future__ import annotations

import json
import signal
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from devtools.redis import Redis
from streams.topics import ONLINE_ORDERS, POS_ORDERS
from tests.crash import worker as aggregation_worker
from tests.delivery import worker as delivery_worker
from tests.delivery.flow import Flow
from tests.services.worker_process import WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

_DEFINITIONS = """
{kind: program, code: classic, name: Classic, timezone: Europe/London, currency: GBP, levels: [], default: true, enabled: false}
---
kind: activity
type: cumulative_spend
code: every-piece
name: Points for each piece
condition: {items: any, mode: every, measure: pieces, threshold: 1}
gifts: [{kind: points, points: 7}]
"""
# Back within its session, a worker has its partitions at once.
_NAMED = {"TIDEMARK_GROUP_INSTANCE_ID": "one"}
_COUNTING_STEPS = ("commit.before", "commit.after", "publish.before", "publish.after")
_ADDING_STEPS = ("sink.before", "sink.after", "commit.before", "commit.after")
_PORTION = 60
# A quarter of the orders are anonymous.
_MEMBERS = 9
_FORMATS = ("minute:%Y-%m-%dT%H:%M", "hour:%Y-%m-%dT%H", "day:%Y-%m-%d")

Cells = dict[str, Counter[str]]


class Till:
    """Sells, takes back, and knows what the figures must be: from the documents alone."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._now = datetime.now(UTC).replace(second=7, microsecond=0)
        self._sold = 0
        self.cells: Cells = defaultdict(Counter)
        self._bought: set[str] = set()
        self._members_of_days: set[tuple[str, str]] = set()

    def sell(self) -> None:
        """A portion of orders of the last hour, each third with a refund of a part of its price."""
        records: dict[str, list[tuple[str, bytes]]] = {POS_ORDERS: [], ONLINE_ORDERS: []}
        for number in range(self._sold, self._sold + _PORTION):
            feed, channel = ((POS_ORDERS, "pos"), (ONLINE_ORDERS, "online"))[number % 2]
            member = f"m{number % _MEMBERS}" if number % 4 else None
            order: dict[str, Any] = {
                "type": "purchase", "order_id": f"o{number}", "channel": channel, "store_id": f"s{number % 5}", "member_id": member,
                "placed_at": self._minutes_ago(number % 50), "currency": "GBP",
                "lines": [{"sku": "a", "quantity": 1, "amount": 100 + number}],
            }  # fmt: skip
            records[feed].append((member or "", json.dumps(order).encode()))
            self._add(
                order["placed_at"], order, Counter({"orders": 1, "amount:GBP": 100 + number, "grants": int(member is not None)})
            )
            if member is not None:
                activity = Counter(
                    {"orders": 1, "amount": 100 + number, "grants": 1, "points": 7, "members": int(member not in self._bought)}
                )
                self.cells["activity:every-piece"] += activity
                self._bought.add(member)
                self._bought_on(order["placed_at"], member)
                if number % 3 == 0:
                    self._take_back(records[feed], order, member, number)
        self._sold += _PORTION
        for feed, each in records.items():
            self._flow.produce(feed, each)

    def _take_back(self, records: list[tuple[str, bytes]], order: dict[str, Any], member: str, number: int) -> None:
        refund = {name: order[name] for name in ("order_id", "channel", "store_id", "member_id", "currency")}
        refund |= {"type": "refund", "refund_id": f"r{number}", "refunded_at": self._minutes_ago(number % 7)}
        refund["lines"] = [{"sku": "a", "quantity": 0, "amount": 30}]
        # It may come twice.
        records += [(member, json.dumps(refund).encode())] * (1 + number % 2)
        self._add(refund["refunded_at"], order, Counter({"refunds": 1, "refunded:GBP": 30}))
        self.cells["activity:every-piece"] += Counter({"refunded": 30})

    def _bought_on(self, at: str, member: str) -> None:
        """Of a day each member counts once."""
        day = datetime.fromisoformat(at).strftime(_FORMATS[2])
        if (day, member) not in self._members_of_days:
            self._members_of_days.add((day, member))
            self.cells[f"{day}:total"]["members"] += 1

    def _minutes_ago(self, minutes: int) -> str:
        return (self._now - timedelta(minutes=minutes)).isoformat()

    def _add(self, at: str, order: dict[str, Any], added: Counter[str]) -> None:
        for form in _FORMATS:
            period = datetime.fromisoformat(at).strftime(form)
            for scope in ("total", f"store:{order['store_id']}", f"channel:{order['channel']}"):
                self.cells[f"{period}:{scope}"] += added


def _in_redis(server: Redis, prefix: str) -> Cells:
    """All figures, but those of activities by time, which are by the turn's, and `through`."""
    base = f"{prefix}figures:{{figures}}:"
    found: Cells = {}
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        for key in client.scan_iter(f"{base}*", count=1000):
            name = key.removeprefix(base)
            if name != "through" and (name.startswith("activity:") or ":activity:" not in name):
                fields = {field: int(value) for field, value in client.hgetall(key).items()}
                # As of which document a member was registered hangs on which of two feeds is read first.
                fields.pop("registered", None)
                found[name] = Counter(fields)
    return {name: fields for name, fields in found.items() if fields}


@pytest.mark.slow
def test_kill_9_of_either_at_each_step_and_a_redis_that_lost_its_data(own_flow: Flow, own_redis: Redis, tmp_path: Path) -> None:
    flow, till = own_flow, Till(own_flow)
    (tmp_path / "definitions.yaml").write_text(_DEFINITIONS)
    code, said = flow.tidemark("publish", str(tmp_path / "definitions.yaml"))
    assert code == 0, said
    counted = {"TIDEMARK_FIGURES": "true", **_NAMED}

    adding = flow.start(delivery_worker.main, ["--sink", "figures"], _NAMED)
    for step in _COUNTING_STEPS:
        doomed = flow.start(aggregation_worker.main, ["--kill-at", f"{step}:3"], counted)
        flow.wait_for(partial(_sells_until_dead, till, doomed), f"a kill at {step}")
        assert doomed.wait() == -signal.SIGKILL
    flow.start(aggregation_worker.main, [], counted)
    flow.wait_for(lambda: _in_redis(own_redis, flow.prefix) == till.cells, "the figures after kills of the aggregation")
    adding.kill()
    for step in _ADDING_STEPS:
        doomed = flow.start(delivery_worker.main, ["--sink", "figures", "--kill-at", f"{step}:2"], _NAMED)
        flow.wait_for(partial(_sells_until_dead, till, doomed), f"a kill at {step}")
        assert doomed.wait() == -signal.SIGKILL
    adding = flow.start(delivery_worker.main, ["--sink", "figures"], _NAMED)
    flow.wait_for(lambda: _in_redis(own_redis, flow.prefix) == till.cells, "the figures after kills of who adds up")

    with redis.Redis.from_url(own_redis.url) as client:
        client.flushall()
    till.sell()
    flow.wait_for(lambda: _in_redis(own_redis, flow.prefix) == till.cells, "the figures, all of them again")
    assert "sink_forgot" in flow.log(adding)
    adding.signal(signal.SIGTERM)
    assert adding.wait() == 0


def _sells_until_dead(till: Till, doomed: WorkerProcess) -> bool:
    """Whether it is dead; sells more where it is not, for it dies in a later turn, whatever one turn has taken."""
    if doomed.is_running():
        till.sell()
    return not doomed.is_running()
