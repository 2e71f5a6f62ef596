"""`tidemark demo`."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.console import Console

from sinks.wallet.wallet import Balance
from streams.topics import GIFTS, LEVELS
from tidemark import sample
from tidemark.commands.wallet import balance_of
from tidemark.definitions.files import load_definitions
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
    loaded = load_definitions(sample.definitions_dir())
    documents = [each.document for each in loaded.documents]
    total = sample.orders_count()
    started = time.monotonic()
    shown_at = 0.0
    habits: Counter[str] = Counter()
    granted: Counter[str] = Counter()

    def on_event(topic: str, event: Mapping[str, Any]) -> None:
        if topic == GIFTS:
            granted[event["member_id"]] += 1
            screen.gift(event)
        elif topic == LEVELS and event["why"] in ("order", "refund", "rule"):
            screen.level({**event, "after": event["level"], "occurred_at": event["since"]})

    def on_progress(done: int, granted: int) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if now - shown_at >= _MAX_STEP_SECONDS or done == total:
            shown_at = now
            screen.progress(done, total, granted, done / (now - started))

    with embedded_redis() as url:
        settings = Settings().model_copy(update={"redis_url": url})
        outcome = Outcome(("levels",), on_event)
        replay_through_broker(settings, None, documents, sample.documents(habits), outcome, on_progress, deliver=True)
        figures = sample.figures()
        screen.finish(
            {
                "orders": figures["orders"],
                "refunds": figures["refunds"],
                "seconds": outcome.seconds,
                "orders_per_second": outcome.documents / outcome.seconds,
                "dead_letters": len(outcome.dead_letters),
                "habits": habits,
            }
        )
        ((member_id, _),) = granted.most_common(1)
        return outcome, member_id, asyncio.run(balance_of(settings.model_copy(update={"prefix": outcome.prefix}), member_id))
