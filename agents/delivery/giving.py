"""Giving to a sink, however long it is down: nothing is lost, and it catches up (spec 4.2)."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from agents.delivery.settings import DeliverySettings
from agents.metrics import DELIVERED, SINK_RETRIES, SINK_UP
from agents.turns.committer import Probe
from sinks.sink import Answer, Sink, SinkDown, SinkForgot, Taken, Tried, untold

_log = structlog.get_logger()

T = TypeVar("T")

# Told that a sink was found down, and after how many seconds it is tried again.
FoundDown = Callable[[SinkDown, float], Awaitable[None]]


async def nobody(down: SinkDown, pause_seconds: float) -> None:
    """Nobody asks."""


class Giving(Generic[T]):
    """To one sink. A pause between two tries is between half of it and the whole, so that workers do not come back all at once."""

    def __init__(self, name: str, sink: Sink[T], settings: DeliverySettings, probe: Probe) -> None:
        """`name`: of the sink, in the figures and the log."""
        self._name = name
        self._sink = sink
        self._settings = settings
        self._probe = probe
        self._up = SINK_UP.labels(name)
        self._retries = SINK_RETRIES.labels(name)
        self._delivered = DELIVERED.labels(name)
        self._up.set(1)

    @property
    def by_message(self) -> bool:
        """See Sink."""
        return self._sink.by_message

    async def give(
        self, items: Sequence[T], go_on: Callable[[], bool], tried: Tried = untold, found_down: FoundDown = nobody
    ) -> list[Answer] | None:
        """What became of each; None where it is not to go on any more, asked before each try. Raises SinkForgot."""
        down_since: float | None = None
        pause_seconds = self._settings.retry_seconds
        while go_on():
            try:
                self._probe("sink.before")
                answers = await self._sink.give(items, tried)
                self._probe("sink.after")
            except SinkForgot:
                raise
            except SinkDown as down:
                if down_since is None:
                    down_since = time.monotonic()
                    self._up.set(0)
                    _log.error("sink_down", sink=self._name, waiting=len(items), advice=str(down))
                self._retries.inc()
                pause = pause_seconds * random.uniform(0.5, 1)
                await found_down(down, pause)
                await asyncio.sleep(pause)
                pause_seconds = min(2 * pause_seconds, self._settings.most_retry_seconds)
                continue
            if down_since is not None:
                self._up.set(1)
                _log.warning("sink_back", sink=self._name, seconds=round(time.monotonic() - down_since, 1))
            self._delivered.inc(answers.count(Taken.NOW))
            return answers
        return None
