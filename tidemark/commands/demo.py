"""`tidemark demo`."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from sinks.wallet.wallet import Balance
from streams.topics import GIFTS, LEVELS, RELEASES
from tidemark import sample
from tidemark.commands.wallet import balance_of
from tidemark.definitions.files import load_definitions
from tidemark.demo.claims import Claims
from tidemark.demo.embedded_redis import embedded_redis
from tidemark.demo.screen import Screen, screen_for
from tidemark.demo.words import Words
from tidemark.replay.outcome import Outcome
from tidemark.replay.pipeline import replay_through_broker
from tidemark.replay.processes import WorkerDied, leave_on_sigterm
from tidemark.replay.reader import Missing
from tidemark.settings.settings import Settings
from tidemark.terminal import complain, shown

_MAX_STEP_SECONDS = 0.1
# Of a feed's partition: a week or two of orders, after which members hear of what was released.
_AHEAD_BYTES = 128 * 1024


def demo() -> int:
    """Play a real year of orders through everything, embedded: broker, Redis, workers; gifts are shown as they happen."""
    loaded = load_definitions(sample.definitions_dir())
    words = Words(each.document for each in loaded.documents)
    console = Console()
    leave_on_sigterm()
    console.print("Starting a broker, a Redis and two workers, all embedded and gone with this demo…", style="dim")
    try:
        with screen_for(words, console) as screen:
            outcome, member_id, balance = play(screen)
    except (WorkerDied, Missing) as error:
        complain(error)
        return 1
    coupons = ", ".join(f"{count:,} x {words.coupons[code]['name']}" for code, count in balance.coupons.items())
    wallet = f"In the wallet of member {member_id}, who was granted most: {balance.points:,} points, {coupons}"
    console.print(shown(wallet), markup=False, soft_wrap=True)
    return 0 if len(outcome.grants) else 1


def play(screen: Screen) -> tuple[Outcome, str, Balance]:
    """Plays the sample on a screen; what came of it, and the wallet of the member with the most grants."""
    documents = [each.document for each in load_definitions(sample.definitions_dir()).documents]
    total = sample.orders_count()
    started = time.monotonic()
    shown_at = 0.0
    taken: Counter[str] = Counter()
    orders: Counter[str] = Counter()
    granted: Counter[str] = Counter()
    claims = Claims()

    def on_event(topic: str, event: Mapping[str, Any]) -> None:
        if topic == GIFTS:
            granted[event["member_id"]] += 1
            screen.gift(event)
        elif topic == RELEASES:
            claims.heard(event)
            screen.release(event)
        elif topic == LEVELS and event["why"] != "registered":
            screen.level({**event, "after": event["level"], "occurred_at": event["since"]})

    def on_progress(_: int, granted: int) -> None:
        nonlocal shown_at
        now, done = time.monotonic(), orders.total()
        if now - shown_at >= _MAX_STEP_SECONDS or done == total:
            shown_at = now
            screen.progress(done, total, granted, done / (now - started))

    with embedded_redis() as url:
        settings = Settings().model_copy(update={"redis_url": url})
        outcome = Outcome(("levels", "releases", "performance"), on_event)
        lines = claims.among(sample.year(taken, orders))
        replay_through_broker(settings, None, documents, lines, outcome, on_progress, deliver=True, ahead_bytes=_AHEAD_BYTES)
        screen.finish(
            {
                "orders": orders["purchase"],
                "refunds": orders["refund"],
                "seconds": outcome.seconds,
                "orders_per_second": orders.total() / outcome.seconds,
                "dead_letters": len(outcome.dead_letters),
                "habits": taken,
                "performance": [json.loads(row) for row in outcome.outputs["performance"].rows()],
                "changes": sample.changes(),
            }
        )
        ((member_id, _),) = granted.most_common(1)
        return outcome, member_id, asyncio.run(balance_of(settings.model_copy(update={"prefix": outcome.prefix}), member_id))
