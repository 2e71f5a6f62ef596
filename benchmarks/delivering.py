"""A coupon service that is down while very many gifts wait, and comes back: python -m benchmarks.delivering [gifts] [seconds down]

The sink of this process, given turns as a worker gives them, without a broker; a target in another that only verifies and counts. A million
gifts take some minutes.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection

import uvloop
from aiohttp import web
from standardwebhooks import Webhook

from agents.delivery.giving import Giving
from agents.turns.committer import no_probe
from devtools.ports import free_ports
from rules.gifts.granted import CouponGift
from sinks.sink import Taken
from tidemark.settings.settings import Settings

_GIFTS, _DOWN_SECONDS = 1_000_000, 10.0
_MEMBERS = 5_000
_TURN = 1_000
SECRET = "whsec_" + "YmVuY2ht" * 4


def main() -> None:
    """Prints what came of it, and what it took."""
    gifts = int(sys.argv[1]) if len(sys.argv) > 1 else _GIFTS
    down_seconds = float(sys.argv[2]) if len(sys.argv) > 2 else _DOWN_SECONDS
    [port] = free_ports(1)
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=target, args=(port, down_seconds, theirs), daemon=True)
    process.start()
    settings = Settings(coupon_service_url=f"http://127.0.0.1:{port}/coupons", coupon_service_secret=SECRET)
    before_mib = _resident_mib()
    wall, cpu = time.monotonic(), time.process_time()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        taken = runner.run(_deliver(settings, gifts))
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    ours.send("done")
    distinct, came, out_of_order = ours.recv()
    process.join()
    print(f"gifts            {gifts:>12,}  taken {taken:,}, at the target {distinct:,}, lost {gifts - distinct:,}")
    print(f"messages         {came:>12,}  {came - distinct:,} of them again; out of a member's order {out_of_order:,}")
    print(f"seconds          {wall:>12.1f}  {down_seconds:g} of them down")
    print(f"gifts a second   {gifts / (wall - down_seconds):>12,.0f}  once it is back; CPU {cpu / gifts * 1e6:,.0f} us a gift")
    print(f"memory           {_resident_mib() - before_mib:>+12.1f}  MiB")


async def _deliver(settings: Settings, gifts: int) -> int:
    sink = settings.coupon_service()
    giving = Giving("coupon_service", sink, settings.delivering(), no_probe)
    taken = 0
    for turn in _turns(gifts):
        answers = await giving.give(turn, lambda: True)
        assert answers is not None
        taken += len(answers) - sum(answer not in (Taken.NOW, Taken.BEFORE) for answer in answers)
    await sink.close()
    return taken


def _turns(gifts: int) -> Iterator[list[tuple[CouponGift, ...]]]:
    at = "2026-03-01T08:26:00+00:00"
    for start in range(0, gifts, _TURN):
        turn: list[tuple[CouponGift, ...]] = []
        for number in range(start, min(start + _TURN, gifts)):
            member, ordinal = f"m{number % _MEMBERS}", number // _MEMBERS + 1
            turn.append((CouponGift(f"spring/{member}/{ordinal}", 1, member, "spring", "coffee", 1, at, at, None),))
        yield turn


def target(port: int, down_seconds: float, other: Connection) -> None:
    """Verifies and counts, once it is up; says what came when it is told to, by `other`."""
    key = Webhook(SECRET)
    came: Counter[str] = Counter()
    last: dict[str, int] = {}
    out_of_order = 0

    async def take(request: web.Request) -> web.Response:
        nonlocal out_of_order
        message = key.verify(await request.read(), dict(request.headers))
        id_ = request.headers["idempotency-key"]
        came[id_] += 1
        if came[id_] == 1:
            _, member, ordinal = message["data"]["grant_id"].split("/")
            out_of_order += int(ordinal) != last.get(member, 0) + 1
            last[member] = int(ordinal)
        return web.Response()

    async def serve() -> None:
        await asyncio.sleep(down_seconds)
        app = web.Application()
        app.add_routes([web.post("/coupons", take)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.to_thread(other.recv)
        await runner.cleanup()

    asyncio.run(serve())
    other.send((len(came), sum(came.values()), out_of_order))


def _resident_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
