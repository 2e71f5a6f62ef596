"""Trying again: how long to wait in between, until when, and what is said of it."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from aiokafka.errors import KafkaError

from broker.client.connection import BrokerUnavailable

_log = structlog.get_logger()

_FIRST_SECONDS = 0.05
_MOST_SECONDS = 1.0
_SAY_EVERY_SECONDS = 5.0
# Different lines that are remembered as said: more than a cluster has brokers and kinds of failure.
_MOST_REMEMBERED = 1_000

T = TypeVar("T")


class Backoff:
    """Waits that double up to a second, each anywhere between its half and its whole, so that workers do not ask in step."""

    def __init__(self) -> None:
        self._next_seconds = _FIRST_SECONDS

    def seconds(self) -> float:
        """How long to wait now."""
        seconds, self._next_seconds = self._next_seconds, min(2 * self._next_seconds, _MOST_SECONDS)
        return seconds * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """It went well: the next failure is a first one."""
        self._next_seconds = _FIRST_SECONDS


class Said:
    """A warning that is repeated while something lasts: logged at once, then every five seconds with how often it was meant."""

    def __init__(self, event: str, passing_seconds: float = 0.0) -> None:
        """`passing_seconds`: what is over by then is nothing to warn of."""
        self._event = event
        self._passing_seconds = passing_seconds
        self._first_at: float | None = None
        self._said_at = float("-inf")
        self._times = 0

    def warn(self, **fields: Any) -> None:
        """Logs it, or counts it."""
        self._times += 1
        now = time.monotonic()
        self._first_at = self._first_at or now
        if now - self._first_at >= self._passing_seconds and now - self._said_at >= _SAY_EVERY_SECONDS:
            _log.warning(self._event, **fields, times=self._times)
            self._said_at, self._times = now, 0


class SeldomLogged(logging.Filter):
    """Lets each line of the libraries through once in five seconds: they log every attempt to reach a broker that is away."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is logged."""
        now = time.monotonic()
        line = (record.name, record.getMessage())
        if now - self._said_at.get(line, float("-inf")) < _SAY_EVERY_SECONDS:
            return False
        if len(self._said_at) >= _MOST_REMEMBERED:
            self._said_at.clear()
        self._said_at[line] = now
        return True


async def patiently(ask: Callable[[], Awaitable[T]], what: str, deadline_seconds: float) -> T:
    """Asks the brokers until they answer. Raises BrokerUnavailable past the deadline; `what`: what was asked for, for people."""
    give_up_at = time.monotonic() + deadline_seconds
    backoff, said = Backoff(), Said("asked_again")
    while True:
        try:
            return await ask()
        except KafkaError as error:
            if time.monotonic() > give_up_at:
                raise BrokerUnavailable(
                    f"the brokers did not say {what} within {deadline_seconds:g} s ({error!r}): look whether each partition has a leader; "
                    "the worker starts again by its supervisor"
                ) from error
            said.warn(what=what, reason=repr(error))
            await asyncio.sleep(backoff.seconds())
