"""`tidemark deliver` with several sinks: wallets and a coupon service, each held up by itself alone (spec 4.2)."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from standardwebhooks import Webhook

from devtools.ports import free_ports
from devtools.redis import Redis
from examples.coupon_service.service import coupon_service
from examples.coupon_service.store import Store
from rules.happened import CouponArrival, LevelUpgraded
from streams.topics import COUPON_SERVICE_CHANGELOG, NOTIFICATIONS
from tests.delivery.flow import Flow
from tests.delivery.grants import expected, grant, some_grants
from tests.sinks.conformance.bench import SECRET

pytestmark = [pytest.mark.kafka, pytest.mark.redis]


class Target:
    """A target in a thread, on a port of its own; it can be stopped and started."""

    def __init__(self) -> None:
        [self.port] = free_ports(1)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def start(self) -> None:
        self._call(self._start()).result(20)

    def stop(self) -> None:
        self._call(self._stop()).result(20)

    def app(self) -> web.Application:
        """What it serves."""
        raise NotImplementedError

    def let_go(self) -> None:
        """What it holds, once it serves no more."""

    def _call(self, work: Coroutine[None, None, None]) -> Future[None]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _start(self) -> None:
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def _stop(self) -> None:
        await self._runner.cleanup()
        self.let_go()


class Service(Target):
    """The example's service."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    def app(self) -> web.Application:
        self._store = Store(self._file)
        return coupon_service(self._store, [SECRET])

    def let_go(self) -> None:
        self._store.close()

    def issued(self, members: set[str]) -> dict[str, list[str]]:
        """Each member's coupons by code, in the order in which they came, one for each that was issued."""

        async def read() -> dict[str, list[str]]:
            store = Store(self._file)
            found = {member: store.of_member(member) for member in members}
            store.close()
            return {
                member: [str(each["coupon"]) for each in rows for _ in list(each["codes"])]  # type: ignore[call-overload]
                for member, rows in found.items()
            }

        return asyncio.run(read())


class Gateway(Target):
    """Of notifications: remembers what it was to tell, by key."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, dict[str, Any]] = {}

    def app(self) -> web.Application:
        async def tell(request: web.Request) -> web.Response:
            message = Webhook(SECRET).verify(await request.read(), dict(request.headers))
            self.told[request.headers["idempotency-key"]] = message["data"]
            return web.Response()

        app = web.Application()
        app.add_routes([web.post("/tell", tell)])
        return app


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path / "coupons.sqlite")
    made.start()
    yield made
    made.stop()


def test_each_sink_is_held_up_by_itself_alone_and_catches_up(own_flow: Flow, own_redis: Redis, service: Service) -> None:
    flow = own_flow
    grants = some_grants(seed=12, count=240, members=20)
    members = {each["member_id"] for each in grants}
    worker = flow.worker(
        SINKS="wallet,coupon_service",
        COUPON_SERVICE_URL=f"http://127.0.0.1:{service.port}/coupons",
        COUPON_SERVICE_SECRET=SECRET,
        HTTP_ATTEMPTS="1",
        HTTP_CIRCUIT_MS="50",
    )
    flow.grant(grants[:80])
    flow.wait_delivered()
    flow.wait_delivered(COUPON_SERVICE_CHANGELOG)

    service.stop()
    flow.grant(grants[80:160])
    flow.wait_delivered()
    flow.wait_for(lambda: "sink_down" in flow.log(worker), "the service is found down")
    assert not flow.delivered(COUPON_SERVICE_CHANGELOG)

    own_redis.kill()
    service.start()
    # One that the service does not take, and its member's next.
    odd = [{"kind": "coupon", "coupon": "coffee", "quantity": 10_001}]
    flow.grant([*grants[160:], grant("odd", 1, odd), grant("odd", 2, [{"kind": "coupon", "coupon": "cake"}])])
    flow.wait_delivered(COUPON_SERVICE_CHANGELOG)
    assert not flow.delivered()
    [letter] = flow.dead_letters()
    assert letter["reason"] == "coupon_service_refused" and "answered 422" in letter["detail"]

    own_redis.start()
    flow.wait_delivered()
    wanted = expected(grants)
    assert flow.wallets(wanted) == wanted
    issued = service.issued(members | {"odd"})
    assert issued.pop("odd") == ["cake"]
    assert {member: {code: codes.count(code) for code in codes} for member, codes in issued.items()} == {
        member: balance.coupons for member, balance in wanted.items()
    }
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0


def test_a_worker_that_is_killed_beside_others_is_started_again_and_gives_nothing_twice(flow: Flow, service: Service) -> None:
    grants = some_grants(seed=13, count=200, members=10)
    worker = flow.worker(
        SINKS="wallet,coupon_service",
        COUPON_SERVICE_URL=f"http://127.0.0.1:{service.port}/coupons",
        COUPON_SERVICE_SECRET=SECRET,
    )
    flow.grant(grants[:100])
    flow.wait_for(lambda: bool(service.issued({"m1"})["m1"]), "the first coupons")
    flow.kill_child(worker, "coupon_service")
    flow.grant(grants[100:])
    flow.wait_delivered(COUPON_SERVICE_CHANGELOG)
    flow.wait_delivered()
    assert "sink_worker_ended" in flow.log(worker)
    wanted = expected(grants)
    assert flow.wallets(wanted) == wanted
    issued = service.issued(set(wanted))
    assert {member: len(codes) for member, codes in issued.items()} == {
        member: sum(balance.coupons.values()) for member, balance in wanted.items()
    }


def test_notifications_reach_the_gateway_of_their_channel(flow: Flow) -> None:
    at = "2026-03-02T00:00:00+00:00"
    arrivals = [CouponArrival(f"a/m{number}/1", f"m{number}", "main", f"u{number}", "coupon-arrived", at) for number in range(20)]
    messages = [
        LevelUpgraded("classic", "gold", "m1", channel, None, "u1", "Gold!", at) for channel in ("sms", "mini_program", "email")
    ]
    gateways = {"mini_program": Gateway(), "sms": Gateway()}
    settings = {}
    for name, gateway in gateways.items():
        gateway.start()
        settings[f"{name.upper()}_URL"] = f"http://127.0.0.1:{gateway.port}/tell"
        settings[f"{name.upper()}_SECRET"] = SECRET
    flow.produce(NOTIFICATIONS, [(each.member_id, msgspec.json.encode(each)) for each in (*arrivals, *arrivals[:5], *messages)])
    flow.produce(NOTIFICATIONS, [("m1", b"nonsense")])
    flow.worker(SINKS="mini_program,sms", **settings)
    flow.wait_for(lambda: len(gateways["mini_program"].told) == 21 and len(gateways["sms"].told) == 1, "everybody is told")
    # Each of the two sinks says so.
    flow.wait_for(lambda: [each["reason"] for each in flow.dead_letters()] == ["undecodable"] * 2, "the dead letters")
    told = list(gateways["mini_program"].told.values())
    assert sorted(each["user"] for each in told if each["type"] == "coupon_arrival") == sorted(f"u{number}" for number in range(20))
    assert [each["channel"] for each in gateways["sms"].told.values()] == ["sms"]
    for gateway in gateways.values():
        gateway.stop()


class Hanging(Target):
    """Takes what comes, and answers nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.came = 0

    def app(self) -> web.Application:
        async def hang(request: web.Request) -> web.Response:
            self.came += 1
            await asyncio.sleep(600)
            return web.Response()

        app = web.Application()
        app.add_routes([web.post("/coupons", hang)])
        return app


def test_a_worker_whose_target_hangs_stops_all_the_same_and_lets_go_of_its_partitions(flow: Flow, service: Service) -> None:
    hanging = Hanging()
    hanging.start()
    grants = some_grants(seed=14, count=60, members=10)
    settings = {"SINKS": "coupon_service", "COUPON_SERVICE_SECRET": SECRET, "HTTP_TIMEOUT_MS": "300000"}
    first = flow.worker(COUPON_SERVICE_URL=f"http://127.0.0.1:{hanging.port}/coupons", **settings)
    flow.grant(grants)
    flow.wait_for(lambda: hanging.came > 0, "the target is asked")
    second = flow.worker(COUPON_SERVICE_URL=f"http://127.0.0.1:{service.port}/coupons", **settings)
    # A rebalance is not held up.
    flow.wait_for(lambda: "partition_taken" in flow.log(second), "the second worker has partitions")
    first.signal(signal.SIGTERM)
    assert first.wait() == 0
    flow.wait_delivered(COUPON_SERVICE_CHANGELOG)
    issued = service.issued({each["member_id"] for each in grants})
    assert {member: len(codes) for member, codes in issued.items()} == {
        member: sum(balance.coupons.values()) for member, balance in expected(grants).items()
    }
    hanging.stop()
