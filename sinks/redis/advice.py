"""Where Redis is, and what to do when it does not answer, does not let us in, or does not keep what it is given."""

from __future__ import annotations

from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, AuthorizationError, NoPermissionError, RedisError, ResponseError

from sinks.urls import without_secrets

_NOT_LET_IN = (AuthenticationError, AuthorizationError, NoPermissionError)


class Address(NamedTuple):
    """How to reach Redis: a URL (redis://, rediss:// or unix://); user and password where the URL does not have them."""

    url: str
    username: str | None
    password: str | None
    timeout_seconds: float

    def login(self) -> dict[str, Any]:
        """The keyword arguments that redis-py takes."""
        given = {"username": self.username, "password": self.password}
        return {name: value for name, value in given.items() if value is not None}

    def shown(self) -> str:
        """The URL without its password."""
        return without_secrets(self.url)


def advice(error: RedisError, address: Address) -> tuple[bool, str]:
    """Whether Redis lets us in, and what to do about the error."""
    shown = address.shown()
    if isinstance(error, _NOT_LET_IN):
        return False, (
            f"Redis at {shown} refuses us ({error}): check TIDEMARK_REDIS_USERNAME and TIDEMARK_REDIS_PASSWORD, or the user and password "
            "in TIDEMARK_REDIS_URL; the user needs ping, evalsha, script|load, type, sismember, smembers, del, hget, hmget, "
            "hset, hlen, hincrby, hgetall and expireat on keys of TIDEMARK_PREFIX"
        )
    if isinstance(error, ResponseError):
        return True, f"Redis at {shown} answers with an error ({error}): mend it there; nothing is lost meanwhile"
    return True, f"Redis at {shown} does not answer ({error}): start it, or set TIDEMARK_REDIS_URL to where it runs"


async def unkept(redis: Redis) -> list[str]:
    """What Redis is told that a wallet must not have, a line each; one that does not tell is said so. Raises RedisError."""
    settings: dict[str | None, str | None] = {}
    try:
        for name in ("appendonly", "appendfsync", "maxmemory", "maxmemory-policy"):
            settings.update(await redis.config_get(name))
    except (NoPermissionError, ResponseError) as error:
        return [
            f"Redis does not tell how it is set up ({error}): see to it that it has appendonly yes and maxmemory-policy noeviction"
        ]
    warnings = []
    if settings.get("appendonly") != "yes":
        warnings.append("appendonly is off: what it was given since its last snapshot is gone when it ends; set appendonly yes")
    elif settings.get("appendfsync") != "always":
        warnings.append(f"appendfsync is {settings['appendfsync']}: a power cut may cost the last second; set appendfsync always")
    if settings.get("maxmemory", "0") != "0" and settings.get("maxmemory-policy") != "noeviction":
        warnings.append(f"maxmemory-policy is {settings['maxmemory-policy']}: wallets are dropped when full; set it to noeviction")
    return warnings
