"""Performance data and live figures in Redis, from what turns add (spec 2.7, 4.6). A turn added twice is added once.

Hashes under the prefix, all in one slot: `figures:{figures}:minute|hour|day:TIME:total|store:ID|channel:NAME|activity:CODE`,
`figures:{figures}:activity:CODE` over all time, and `figures:{figures}:through`, by partition the turn that was added last. One script
(add.lua) looks at that, adds, and sets it, all at once or not at all: so however often a turn is given, and wherever a worker dies, the
figures are those of each turn once.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import redis.exceptions as redis_errors
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from rules.figures.additions import Additions
from sinks.figures.hashes import hashes_of
from sinks.figures.periods import Retention
from sinks.sink import Answer, SinkDown, SinkRefusesUs, Taken
from sinks.wallet.advice import Address, advice, unkept

_log = structlog.get_logger()

SCRIPT = Path(__file__).with_name("add.lua").read_text(encoding="utf-8")
# Turns sent before an answer is awaited: each may be some hundred kilobytes.
_BATCH = 16
SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


def now_seconds() -> int:
    """Epoch seconds."""
    return int(time.time())


class Figures:
    """A Sink of what turns add. Every method raises SinkDown, or SinkRefusesUs, and can then be called again."""

    def __init__(self, address: Address, prefix: str, retention: Retention, now: Callable[[], int] = now_seconds) -> None:
        """Nothing is connected yet."""
        self._address = address
        self._base = f"{prefix}figures:{{figures}}:"
        self._retention = retention
        self._now = now
        self._redis = Redis.from_url(
            address.url,
            decode_responses=True,
            socket_timeout=address.timeout_seconds,
            socket_connect_timeout=address.timeout_seconds,
            # Whoever calls has its own patience, and says so once.
            retry=Retry(NoBackoff(), 0),
            **address.login(),
        )

    async def look(self) -> None:
        """Whether Redis lets us in, and keeps what it is given; the latter is only logged, and so is a Redis that does not answer.

        Raises SinkRefusesUs.
        """
        try:
            await self._redis.ping()
            for warning in await unkept(self._redis):
                _log.warning("figures_not_durable", redis=self._address.shown(), advice=warning)
        except redis_errors.RedisError as error:
            failure = self._failure(error)
            if isinstance(failure, SinkRefusesUs):
                raise failure from error
            _log.error("figures_not_there", advice=str(failure))

    async def give(self, items: Sequence[Additions]) -> list[Answer]:
        """Adds what each turn adds, in one round trip for some of them."""
        answers: list[Answer] = []
        for start in range(0, len(items), _BATCH):
            answers += await self._add(items[start : start + _BATCH])
        return answers

    async def of(self, hash_: str) -> dict[str, int]:
        """The figures of a hash, such as `activity:spring-100` or `day:2026-03-01:total`; none where nothing was added."""
        try:
            held: dict[str, str] = await self._redis.hgetall(self._base + hash_)  # type: ignore[assignment]
        except redis_errors.RedisError as error:
            raise self._failure(error) from error
        return {field: int(value) for field, value in sorted(held.items())}

    async def close(self) -> None:
        """Lets go of Redis."""
        await self._redis.aclose()

    async def _add(self, items: Sequence[Additions]) -> list[Answer]:
        pipeline = self._redis.pipeline(transaction=False)
        # A Redis that was restarted or failed over knows no script; asking it first would be one more round trip.
        pipeline.execute_command("SCRIPT", "LOAD", SCRIPT)
        for additions in items:
            pipeline.execute_command("EVALSHA", SHA, *self._arguments(additions))
        try:
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        except redis_errors.RedisError as error:
            raise self._failure(error) from error
        for answer in answers:
            if isinstance(answer, redis_errors.RedisError):
                raise self._failure(answer) from answer
        return [Taken.NOW if answer else Taken.BEFORE for answer in answers[1:]]

    def _arguments(self, additions: Additions) -> list[str | int]:
        hashes = hashes_of(additions, self._retention, self._now())
        keys = [f"{self._base}through", *(self._base + key for key in hashes)]
        made: list[str | int] = [len(keys), *keys, additions.partition, additions.turn]
        for ends, fields in hashes.values():
            made += (ends, len(fields))
            for field, value in fields.items():
                made += (field, value)
        return made

    def _failure(self, error: redis_errors.RedisError) -> SinkDown:
        lets_in, message = advice(error, self._address)
        return SinkDown(message) if lets_in else SinkRefusesUs(message)
