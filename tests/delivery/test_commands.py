"""`tidemark wallet` and `tidemark deliver` as a user meets them: what they say, and what they say when something is wrong."""

from __future__ import annotations

import signal
import urllib.error
import urllib.request

import pytest

from devtools.ports import free_ports
from devtools.redis import Redis
from streams.topics import GIFTS
from tests.delivery.flow import Flow
from tests.delivery.grants import grant

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


def test_a_wallet_is_shown(flow: Flow) -> None:
    gifts = [
        {"kind": "points", "points": 1200},
        {"kind": "coupon", "coupon": "coffee"},
        {"kind": "coupon", "coupon": "cake", "quantity": 3},
    ]
    flow.grant([grant("17850", 1, gifts), grant("17850", 2, gifts)])
    flow.worker()
    flow.wait_delivered()
    code, said = flow.tidemark("wallet", "17850")
    assert code == 0
    assert [line.split() for line in said.splitlines()] == [["2,400", "points"], ["6", "x", "cake"], ["2", "x", "coffee"]]
    assert flow.tidemark("wallet", "nobody") == (0, "           0 points\n")


def test_a_wrong_url_and_a_wrong_password_are_said(own_flow: Flow, own_redis: Redis) -> None:
    flow = own_flow
    code, said = flow.tidemark("deliver", REDIS_URL="http://localhost:6379")
    assert code == 1 and "TIDEMARK_REDIS_URL" in said and "redis://" in said and "Traceback" not in said
    [port] = free_ports(1)
    code, said = flow.tidemark("wallet", "m1", REDIS_URL=f"redis://127.0.0.1:{port}/0")
    assert code == 1 and "does not answer" in said and "TIDEMARK_REDIS_URL" in said and "Traceback" not in said
    for command in (["deliver"], ["wallet", "m1"]):
        code, said = flow.tidemark(*command, REDIS_URL=own_redis.url.replace("//", "//me:secret@"))
        assert code == 1 and "TIDEMARK_REDIS_PASSWORD" in said and "secret" not in said and "Traceback" not in said
    code, said = flow.tidemark("settings", REDIS_URL=own_redis.url.replace("//", "//me:secret@"), REDIS_PASSWORD="secret")
    assert code == 0 and "TIDEMARK_REDIS_URL=redis://me:***@" in said and "secret" not in said


def test_delivery_starts_without_redis_and_waits_for_it(own_flow: Flow, own_redis: Redis) -> None:
    flow = own_flow
    own_redis.stop()
    worker = flow.worker()
    flow.grant([grant("m1", 1, [{"kind": "points", "points": 5}])])
    flow.wait_for(lambda: "sink_down" in flow.log(worker), "the outage is noticed")
    own_redis.start()
    flow.wait_delivered()
    assert flow.wallets(["m1"])["m1"].points == 5


@pytest.mark.parametrize("app", ["aggregate", "deliver"])
def test_a_worker_tells_whether_it_is_well_and_what_it_does(flow: Flow, app: str) -> None:
    [port] = free_ports(1)
    if app == "aggregate":
        assert flow.tidemark("publish", "tidemark/sample/definitions")[0] == 0
    worker = flow.worker(app, METRICS_PORT=str(port))
    flow.wait_for(lambda: _get(port, "/healthz") == (200, "ok\n"), "the worker is well")
    flow.wait_for(lambda: _get(port, "/readyz") == (200, "ready\n"), "it is ready")
    flow.produce(GIFTS, [("m1", b"junk")])
    if app == "deliver":
        flow.wait_delivered()
        flow.wait_for(lambda: 'tidemark_published_total{topic="dead-letters"} 1.0' in _get(port, "/metrics")[1], "a figure")
    flow.wait_for(lambda: "tidemark_partitions 3.0" in _get(port, "/metrics")[1], "its partitions are shown")
    code, said = flow.tidemark(app, METRICS_PORT=str(port))
    assert code == 1 and "TIDEMARK_METRICS_PORT" in said and "Traceback" not in said
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0


def _get(port: int, path: str) -> tuple[int, str]:
    """Status and body; 0 where nobody serves."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (urllib.error.URLError, OSError):
        return 0, ""
