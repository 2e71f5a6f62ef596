"""A target that answers as a test says, and remembers what it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from sinks.http.message import Message
from sinks.http.sender import Sender
from sinks.http.target import Patience, target_of
from tests.sinks.conformance.bench import PATIENCE, SECRET

Answering = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


class Clock:
    """Seconds, which a test lets pass."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Target:
    """`answer`: what it does; 200 until a test says otherwise. `clock`: of the sender."""

    def __init__(self) -> None:
        self.sent: list[tuple[dict[str, str], bytes]] = []
        self.most_at_once = 0
        self.answer: Answering = well
        self.clock = Clock()
        self._at_once = 0

    def ids(self) -> list[str]:
        """Of the messages that came, each time."""
        return [headers["idempotency-key"] for headers, _ in self.sent]

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.sent.append(({name.lower(): value for name, value in request.headers.items()}, body))
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await self.answer(request, body)
        finally:
            self._at_once -= 1


async def well(request: web.Request, body: bytes) -> web.StreamResponse:
    return web.Response()


def always(status: int, text: str = "", **headers: str) -> Answering:
    """The same answer to everything."""

    async def answer(request: web.Request, body: bytes) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers={name.replace("_", "-"): value for name, value in headers.items()})

    return answer


def by_id(statuses: dict[str, int]) -> Answering:
    """An answer by the message's id; 200 to others."""

    async def answer(request: web.Request, body: bytes) -> web.StreamResponse:
        return web.Response(status=statuses.get(request.headers["webhook-id"], 200))

    return answer


@asynccontextmanager
async def sending(patience: Patience = PATIENCE, secrets: str = SECRET) -> AsyncIterator[tuple[Sender, Target]]:
    """A sender and its target."""
    target = Target()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", target.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/coupons"
    sender = Sender(target_of("coupon_service", "TIDEMARK_COUPON_SERVICE", url, secrets, plain=False), patience, target.clock)
    try:
        async with asyncio.timeout(60):
            yield sender, target
    finally:
        await sender.close()
        await runner.cleanup()


def messages(*ids: str) -> list[Message]:
    """`MEMBER/NUMBER` each."""
    return [Message(each, each.partition("/")[0], b'{"n":"\xc3\xa9"}') for each in ids]
