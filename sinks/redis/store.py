"""A Redis that a sink keeps what it is given in, by one script: all of a call is done, or nothing of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import redis.exceptions as redis_errors
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from sinks.redis.advice import Address, advice, unkept
from sinks.sink import SinkDown, SinkRefusesUs

_log = structlog.get_logger()


class Store:
    """Every method raises SinkDown, or SinkRefusesUs, and can then be called again."""

    def __init__(self, address: Address, name: str, script: str) -> None:
        """`name`: of the sink, in the logs. Nothing is connected yet."""
        self._address = address
        self._name = name
        self._script = script
        self._sha = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
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
                _log.warning(f"{self._name}_not_durable", redis=self._address.shown(), advice=warning)
        except redis_errors.RedisError as error:
            failure = self._failure(error)
            if isinstance(failure, SinkRefusesUs):
                raise failure from error
            _log.error(f"{self._name}_not_there", advice=str(failure))

    async def run(self, calls: Iterable[tuple[Sequence[str], Sequence[str | int]]]) -> list[Any]:
        """Calls the script with (keys, arguments) each, in one round trip; what it answered."""
        pipeline = self._redis.pipeline(transaction=False)
        # A Redis that was restarted or failed over knows no script; asking it first would be one more round trip.
        pipeline.execute_command("SCRIPT", "LOAD", self._script)
        for keys, arguments in calls:
            pipeline.execute_command("EVALSHA", self._sha, len(keys), *keys, *arguments)
        try:
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        except redis_errors.RedisError as error:
            raise self._failure(error) from error
        for answer in answers:
            if isinstance(answer, redis_errors.RedisError):
                raise self._failure(answer) from answer
        return answers[1:]

    async def fields(self, of: Iterable[tuple[str, Sequence[str]]]) -> list[list[str | None]]:
        """Of each hash the values of the fields that are named, None for one that is not there; in one round trip."""
        pipeline = self._redis.pipeline(transaction=False)
        for key, fields in of:
            pipeline.hmget(key, list(fields))
        try:
            found: list[list[str | None]] = await pipeline.execute()
        except redis_errors.RedisError as error:
            raise self._failure(error) from error
        return found

    async def hash(self, key: str) -> dict[str, str]:
        """The fields of a hash; none where there is no such key."""
        try:
            held: dict[str, str] = await self._redis.hgetall(key)  # type: ignore[assignment]
        except redis_errors.RedisError as error:
            raise self._failure(error) from error
        return held

    async def members(self, key: str) -> set[str]:
        """Those of a set; none where there is no such key."""
        try:
            found: set[str] = await self._redis.smembers(key)  # type: ignore[assignment]
        except redis_errors.RedisError as error:
            raise self._failure(error) from error
        return found

    async def close(self) -> None:
        """Lets go of Redis."""
        await self._redis.aclose()

    def _failure(self, error: redis_errors.RedisError) -> SinkDown:
        lets_in, message = advice(error, self._address)
        word = type(error).__name__
        return SinkDown(message, word) if lets_in else SinkRefusesUs(message, word)
