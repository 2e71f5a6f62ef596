"""Attempts at PINs, counted in Redis for all tills together, so that nobody can try them through (spec 3.10)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from sinks.redis.advice import Address
from sinks.redis.store import Store

_SCRIPT = Path(__file__).with_name("attempts.lua").read_text("utf-8")


class Attempts:
    """Every method raises SinkDown, or SinkRefusesUs: without Redis no PIN is looked at."""

    def __init__(self, address: Address, prefix: str, most: int, seconds: int) -> None:
        """`most`: of one name in so many seconds. Nothing is connected yet."""
        self._store = Store(address, "pins", _SCRIPT)
        self._prefix = prefix
        self._most = most
        self._seconds = seconds

    async def may_try(self, name: str) -> bool:
        """Whether one more attempt of a name may be made; it counts as one."""
        (count,) = await self._store.run([([self._key(name)], [self._seconds])])
        return int(count) <= self._most

    async def was_right(self, name: str) -> None:
        """The attempts of a name are forgotten."""
        await self._store.run([([self._key(name)], [0])])

    async def close(self) -> None:
        """Lets go of Redis."""
        await self._store.close()

    def _key(self, name: str) -> str:
        return f"{self._prefix}pins:{quote(name, safe='')}"
