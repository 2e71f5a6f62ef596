"""A sink of each kind with its real server behind a proxy, and what stands there afterwards."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook

from devtools.redis import Redis
from examples.coupon_service.service import coupon_service
from examples.coupon_service.store import Store
from rules.figures.additions import Additions, Cell
from rules.gifts.granted import CouponGift, Coupons, Granted
from rules.gifts.notices import Notice
from sinks.coupon_service.coupon_service import CouponService
from sinks.figures.figures import Figures
from sinks.figures.periods import Retention
from sinks.http.sender import Sender
from sinks.http.target import Patience, target_of
from sinks.notifications.notifications import Notifications
from sinks.redis.advice import Address
from sinks.sink import Sink
from sinks.wallet.script import Memory
from sinks.wallet.wallet import Wallet
from streams.notices import notices_by_mini_program, notices_by_sms
from tests.sinks.conformance.proxy import Proxy

# On a machine that has much else to do a server takes its time.
TIMEOUT_SECONDS = 30.0
SECRET = "whsec_" + "c2VjcmV0" * 4
PATIENCE = Patience(
    timeout_seconds=TIMEOUT_SECONDS,
    attempts=2,
    retry_seconds=0.005,
    most_retry_seconds=0.01,
    in_flight=16,
    failures=5,
    open_seconds=0.02,
    most_wait_seconds=60,
    give_up_seconds=3600,
)

# A gift: whose, and which of his.
Gift = tuple[str, int]


class Bench(ABC):
    """One sink under test."""

    # Whether gifts may come in any order.
    any_order = True
    sink: Sink[Any]
    proxy: Proxy

    def __init__(self, timeout_seconds: float) -> None:
        """What the sink waits for an answer."""
        self.timeout_seconds = timeout_seconds

    @abstractmethod
    async def open(self) -> None:
        """Starts what is needed."""

    @abstractmethod
    def item(self, gift: Gift) -> Any:
        """What the sink is given for a gift."""

    @abstractmethod
    async def held(self, members: Sequence[str]) -> Counter[Gift]:
        """How often each gift stands there."""

    async def in_order(self, member: str) -> list[int] | None:
        """Which gifts a member got, one after the other; None where it does not remember."""
        return None

    async def close(self) -> None:
        await self.sink.close()
        await self.proxy.close()


class _OnRedis(Bench):
    def __init__(self, timeout_seconds: float, redis: Redis, prefix: str) -> None:
        super().__init__(timeout_seconds)
        host, _, port = redis.url.removeprefix("redis://").partition("/")[0].partition(":")
        self._direct = Address(redis.url, None, None, TIMEOUT_SECONDS)
        self._prefix = prefix
        self.proxy = Proxy(host, int(port))

    async def open(self) -> None:
        self.sink = self.make(Address(f"redis://127.0.0.1:{await self.proxy.start()}/0", None, None, self.timeout_seconds))

    @abstractmethod
    def make(self, address: Address) -> Sink[Any]:
        """The sink, on this Redis."""


class WalletBench(_OnRedis):
    """A coupon of its own for each gift shows how often it was given."""

    def make(self, address: Address) -> Wallet:
        return Wallet(address, self._prefix, 50, Memory(1_000, 10_000))

    def item(self, gift: Gift) -> Granted:
        member, number = gift
        return Granted(f"a/{member}/{number}", member, (Coupons(f"c{number}"),))

    async def held(self, members: Sequence[str]) -> Counter[Gift]:
        wallet = self.make(self._direct)
        found: Counter[Gift] = Counter()
        for member in members:
            for code, count in (await wallet.balance(member)).coupons.items():
                found[member, int(code.removeprefix("c"))] = count
        await wallet.close()
        return found


class FiguresBench(_OnRedis):
    """A member stands for a partition and a gift for one of its turns, with an order in a store of its own."""

    any_order = False

    def make(self, address: Address) -> Figures:
        return Figures(address, self._prefix, Retention(1, 1, 1))

    def item(self, gift: Gift) -> Additions:
        member, number = gift
        minute = int(time.time()) // 60
        cell = Cell(minute, f"{member}-{number}", "pos", "GBP", 1, 100)
        return Additions(int(member.removeprefix("m")), number, number - 1 if number else -1, minute, {}, [cell])

    async def held(self, members: Sequence[str]) -> Counter[Gift]:
        import redis.asyncio as client

        found: Counter[Gift] = Counter()
        async with client.Redis.from_url(self._direct.url, decode_responses=True) as direct:
            async for key in direct.scan_iter(f"{self._prefix}figures:*day:*:store:*", count=1000):
                member, _, number = key.rpartition(":")[2].partition("-")
                if member in members:
                    found[member, int(number)] += int(await direct.hget(key, "orders"))  # type: ignore[arg-type, misc]
        return found


class _OverHttp(Bench):
    """By what stands at its target, one gift after the other."""

    name: str

    async def open(self) -> None:
        self._runner = web.AppRunner(self.app(), access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.proxy = Proxy(*self._runner.addresses[0][:2])
        url = f"http://127.0.0.1:{await self.proxy.start()}/coupons"
        target = target_of(self.name, f"TIDEMARK_{self.name.upper()}", url, SECRET, plain=False)
        self.sink = self.make(Sender(target, PATIENCE._replace(timeout_seconds=self.timeout_seconds)))

    @abstractmethod
    def app(self) -> web.Application:
        """The target."""

    @abstractmethod
    def make(self, sender: Sender) -> Sink[Any]:
        """The sink."""

    @abstractmethod
    async def in_order(self, member: str) -> list[int]:
        """As in Bench."""

    async def held(self, members: Sequence[str]) -> Counter[Gift]:
        found: Counter[Gift] = Counter()
        for member in members:
            found.update((member, number) for number in await self.in_order(member))
        return found

    async def close(self) -> None:
        await super().close()
        await self._runner.cleanup()


class CouponServiceBench(_OverHttp):
    """The service of examples/, in SQLite."""

    name = "coupon_service"

    def __init__(self, timeout_seconds: float, folder: Path) -> None:
        super().__init__(timeout_seconds)
        self._store = Store(folder / "coupons.sqlite")

    def app(self) -> web.Application:
        return coupon_service(self._store, [SECRET])

    def make(self, sender: Sender) -> CouponService:
        return CouponService(sender)

    def item(self, gift: Gift) -> tuple[CouponGift, ...]:
        member, number = gift
        coupon = CouponGift(f"a/{member}/{number}", 1, member, "a", f"c{number}", 1, "2026-03-01T08:26:00+00:00")
        return (coupon,)

    async def in_order(self, member: str) -> list[int]:
        return [int(str(each["coupon"]).removeprefix("c")) for each in self._store.of_member(member)]

    async def close(self) -> None:
        await super().close()
        self._store.close()


class NotificationsBench(_OverHttp):
    """A gateway of one channel, which remembers by key what it was to tell."""

    def __init__(self, timeout_seconds: float, channel: str) -> None:
        super().__init__(timeout_seconds)
        self.name = channel
        self._decode = {"mini_program": notices_by_mini_program, "sms": notices_by_sms}[channel]
        self._told: dict[str, dict[str, Any]] = {}

    def app(self) -> web.Application:
        async def tell(request: web.Request) -> web.Response:
            message = Webhook(SECRET).verify(await request.read(), dict(request.headers))
            key = request.headers["idempotency-key"]
            known = key in self._told
            self._told.setdefault(key, message["data"])
            return web.Response(status=208 if known else 200)

        app = web.Application()
        app.add_routes([web.post("/coupons", tell)])
        return app

    def make(self, sender: Sender) -> Notifications:
        return Notifications(sender)

    def item(self, gift: Gift) -> Notice:
        member, number = gift
        record: dict[str, Any] = {"type": "coupon_arrival", "member_id": member, "at": "2026-03-01T08:26:00+00:00"}
        record |= {"channel": self.name, "grant_id": f"a/{member}/{number}", "mini_program": "main", "message": str(number)}
        notice = self._decode(json.dumps(record).encode(), 10_000)
        assert notice is not None
        return notice

    async def in_order(self, member: str) -> list[int]:
        return [int(told["message"]) for told in self._told.values() if told["member_id"] == member]
