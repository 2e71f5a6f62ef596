"""Each attempt at a sink is told on `deliveries`, through outages and kills, and none that was not made (spec 4.2)."""

from __future__ import annotations

import signal

import msgspec
import pytest

from devtools.redis import Redis
from sinks.topics.formats import Attempted
from streams.topics import DELIVERIES, GIFTS
from tests.crash.pipeline import NAMED
from tests.delivery.flow import PARTITIONS, Flow
from tests.delivery.grants import Grant, expected, grant
from tidemark.explaining.attempts import attempts_of

pytestmark = [pytest.mark.kafka, pytest.mark.redis]

HAS_IT = {"taken", "known"}


def grants_of(count: int, members: int) -> list[Grant]:
    """Each once."""
    points = {"kind": "points", "points": 5}
    return [grant(f"m{number % members}", number // members + 1, [points]) for number in range(count)]


def told(flow: Flow) -> dict[int, list[Attempted]]:
    """By partition; what was published twice, byte for byte, once."""
    found: dict[int, list[Attempted]] = {partition: [] for partition in range(PARTITIONS)}
    for partition, value in dict.fromkeys((partition, value) for partition, _, value in flow.read(DELIVERIES)):
        found[partition].append(msgspec.json.decode(value, type=Attempted))
    return found


def attempts(flow: Flow) -> list[list[str]]:
    """What came of each attempt at each grant, in the order of each partition."""
    of = told(flow)
    return [
        [each.came for each in attempts_of(of[partition], "wallet", GIFTS, partition, offset, 1)]
        for partition, end in flow.ends(GIFTS).items()
        for offset in range(end)
    ]


def test_of_an_outage_each_attempt_is_told_while_it_lasts_and_afterwards(own_flow: Flow, own_redis: Redis) -> None:
    flow = own_flow
    grants = grants_of(400, 20)
    flow.worker()
    flow.grant(grants[:200])
    flow.wait_delivered()
    assert attempts(flow) == [["taken"]] * 200
    own_redis.kill()
    flow.grant(grants[200:])
    flow.wait_for(lambda: any(each.next_at for listed in told(flow).values() for each in listed), "it is said that they wait")
    waiting = [each for each in attempts(flow) if each != ["taken"]]
    assert any(each and not HAS_IT & set(each) for each in waiting)
    own_redis.start()
    flow.wait_delivered()
    flow.wait_for(lambda: all(each and each[-1] in HAS_IT for each in attempts(flow)), "all is told")
    found = attempts(flow)
    assert len(found) == 400 and sum(len(each) > 1 for each in found) > 0
    assert all(not HAS_IT & set(each[:-1]) for each in found)
    # What a turn gave is one record, however much it was; an outage is some more.
    assert sum(len(listed) for listed in told(flow).values()) < 100


@pytest.mark.parametrize("step", ["sink.after", "commit.before", "publish.before", "publish.after"])
def test_a_kill_costs_at_most_the_telling_of_the_attempt_in_hand(flow: Flow, step: str) -> None:
    grants = grants_of(600, 30)
    flow.grant(grants[:300])
    assert flow.doomed_worker(f"{step}:1").wait() == -signal.SIGKILL
    flow.worker(**NAMED)
    flow.grant(grants[300:])
    flow.wait_delivered()
    flow.wait_for(lambda: all(attempts(flow)), "all is told")
    found = attempts(flow)
    # Once each; of what was given and not committed it is told that the sink had it.
    assert all(len(each) == 1 and each[0] in HAS_IT for each in found)
    if step in ("sink.after", "commit.before"):
        assert ["known"] in found
    wanted = expected(grants)
    assert flow.wallets(wanted) == wanted
