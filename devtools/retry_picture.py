"""What a target sees of a sink while it is down, and once it is back, drawn: python -m devtools.retry_picture

The sink as a worker runs it, with the settings' defaults; a target that cuts off whatever comes, for most of a minute, and then takes it.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import matplotlib as mpl
from aiohttp import web

from agents.delivery.giving import Giving
from agents.turns.committer import no_probe
from rules.gifts.granted import CouponGift
from tidemark.settings.settings import Settings

FILE = Path("docs/retries.svg")
_DOWN_SECONDS, _GIFTS, _MEMBERS = 45.0, 400, 100
_SECRET = "whsec_" + "cGljdHVy" * 4

# When a message came, and whether it was taken.
Came = list[tuple[float, bool]]


def main() -> None:
    """Writes docs/retries.svg."""
    mpl.use("svg")
    _draw(asyncio.run(_run()))


async def _run() -> Came:
    came: Came = []
    begun = time.monotonic()

    async def take(request: web.Request) -> web.Response:
        at = time.monotonic() - begun
        came.append((at, at >= _DOWN_SECONDS))
        if at < _DOWN_SECONDS:
            assert request.transport is not None
            request.transport.abort()
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/coupons", take)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/coupons"
    settings = Settings(coupon_service_url=url, coupon_service_secret=_SECRET)
    sink = settings.coupon_service()
    gifts = [
        (
            CouponGift(
                f"spring/m{number % _MEMBERS}/{number // _MEMBERS + 1}", 1, f"m{number % _MEMBERS}", "spring", "coffee", 1, None
            ),
        )
        for number in range(_GIFTS)
    ]
    await Giving("coupon_service", sink, settings.delivering(), no_probe).give(gifts, lambda: True)
    await sink.close()
    await runner.cleanup()
    return came


def _draw(came: Came) -> None:
    from matplotlib import pyplot

    mpl.rcParams.update({"svg.hashsalt": "tidemark", "svg.fonttype": "none", "font.size": 9, "font.family": "sans-serif"})
    figure, axes = pyplot.subplots(figsize=(9, 2.6))
    for taken, colour, height, label in ((False, "#cf5c5c", 1.0, "cut off"), (True, "#3d9a68", 2.0, "taken")):
        times = [at for at, was in came if was is taken]
        axes.plot(times, [height] * len(times), "|", color=colour, markersize=16, label=f"{label}: {len(times)}")
    axes.axvspan(0, _DOWN_SECONDS, color="#fdeaea", lw=0)
    axes.text(_DOWN_SECONDS / 2, 2.55, "the target is down", ha="center", color="#cf5c5c")
    axes.set(ylim=(0.4, 3), yticks=[1, 2], yticklabels=["cut off", "taken"], xlabel="seconds", xlim=(-1, _DOWN_SECONDS * 1.35))
    axes.set_title(f"What a target sees of {_GIFTS} gifts of {_MEMBERS} members", loc="left", fontsize=10)
    axes.legend(loc="upper right", frameon=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(FILE, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
