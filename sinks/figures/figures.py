"""Performance data and live figures in Redis, from what turns add (spec 2.7, 4.6). A turn added twice is added once.

Hashes under the prefix, all in one slot: `figures:{figures}:minute|hour|day:TIME:total|store:ID|channel:NAME|activity:CODE`,
`figures:{figures}:activity:CODE` over all time, and `figures:{figures}:through`, by partition the turn that was added last. One script
(add.lua) looks at that, adds, and sets it, all at once or not at all: so however often a turn is given, and wherever a worker dies, the
figures are those of each turn once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rules.figures.additions import Additions
from sinks.figures.hashes import hashes_of
from sinks.figures.periods import Retention
from sinks.redis.advice import Address
from sinks.redis.store import Store
from sinks.sink import Answer, Taken

SCRIPT = Path(__file__).with_name("add.lua").read_text(encoding="utf-8")
# Turns sent before an answer is awaited: each may be some hundred kilobytes.
_BATCH = 16


def now_seconds() -> int:
    """Epoch seconds."""
    return int(time.time())


class Figures:
    """A Sink of what turns add. Every method raises SinkDown, or SinkRefusesUs, and can then be called again."""

    def __init__(self, address: Address, prefix: str, retention: Retention, now: Callable[[], int] = now_seconds) -> None:
        """Nothing is connected yet."""
        self._store = Store(address, "figures", SCRIPT)
        self._base = f"{prefix}figures:{{figures}}:"
        self._retention = retention
        self._now = now

    async def look(self) -> None:
        """See Store."""
        await self._store.look()

    async def give(self, items: Sequence[Additions]) -> list[Answer]:
        """Adds what each turn adds, in one round trip for some of them."""
        answers: list[Answer] = []
        for start in range(0, len(items), _BATCH):
            answers += await self._add(items[start : start + _BATCH])
        return answers

    async def of(self, hash_: str) -> dict[str, int]:
        """The figures of a hash, such as `activity:spring-100` or `day:2026-03-01:total`; none where nothing was added."""
        held = await self._store.hash(self._base + hash_)
        return {field: int(value) for field, value in sorted(held.items())}

    async def close(self) -> None:
        """Lets go of Redis."""
        await self._store.close()

    async def _add(self, items: Sequence[Additions]) -> list[Answer]:
        answers = await self._store.run([self._call(additions) for additions in items])
        return [Taken.NOW if answer else Taken.BEFORE for answer in answers]

    def _call(self, additions: Additions) -> tuple[list[str], list[str | int]]:
        """The script's keys and arguments."""
        hashes = hashes_of(additions, self._retention, self._now())
        made: list[str | int] = [additions.partition, additions.turn]
        for ends, fields in hashes.values():
            made += (ends, len(fields))
            for field, value in fields.items():
                made += (field, value)
        return [f"{self._base}through", *(self._base + key for key in hashes)], made
