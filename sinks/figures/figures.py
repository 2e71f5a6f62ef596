"""Performance data and live figures in Redis, from what turns add (spec 2.7, 4.6). A turn added twice is added once.

Hashes under the prefix, all in one slot: `figures:{figures}:minute|hour|day:TIME:total|store:ID|channel:NAME|activity:CODE`,
`figures:{figures}:activity:CODE` over all time, and `figures:{figures}:through`, by partition the turn that was added last. Figures are
read, what turns add is added to them here, and they are written as they are now, together with `through`, by one script (put.lua), which
does nothing where somebody else has written meanwhile: then they are read again. So wherever a worker dies, and however many there are,
the figures are those of each turn once; and a Redis that lost some is seen to have lost them, for each record names the turn before.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rules.figures.additions import Additions
from sinks.figures.hashes import Hashes, hashes_of
from sinks.figures.periods import Retention
from sinks.redis.advice import Address
from sinks.redis.store import Store
from sinks.sink import Answer, SinkDown, SinkForgot, Taken, Tried, untold

SCRIPT = Path(__file__).with_name("put.lua").read_text(encoding="utf-8")
# Turns in one write: each may be some hundred kilobytes, but those of one minute add to the same figures.
_BATCH = 64
# Writes in a row that others came before, after which it is said.
_MOST_READS = 200
_PAUSE_SECONDS = 0.005
_VERSION = "version"


def now_seconds() -> int:
    """Epoch seconds."""
    return int(time.time())


class Figures:
    """A Sink of what turns add. Every method raises SinkDown, or SinkRefusesUs, and can then be called again."""

    by_message = False

    def __init__(
        self,
        address: Address,
        prefix: str,
        retention: Retention,
        now: Callable[[], int] = now_seconds,
        *,
        accept_loss: bool = False,
    ) -> None:
        """`accept_loss`: go on where records are missing. Nothing is connected yet."""
        self._store = Store(address, "figures", SCRIPT)
        self._base = f"{prefix}figures:{{figures}}:"
        self._retention = retention
        self._now = now
        self._accept_loss = accept_loss

    async def look(self) -> None:
        """See Store."""
        await self._store.look()

    async def give(self, items: Sequence[Additions], tried: Tried = untold) -> list[Answer]:
        """Adds what each turn adds. Raises SinkForgot too, where turns before one are not in the figures."""
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
        for _ in range(_MOST_READS):
            through = await self._store.hash(f"{self._base}through")
            answers, fresh = self._fresh(items, through)
            if not fresh:
                return answers
            added: Hashes = {}
            for additions in fresh:
                hashes_of(additions, self._retention, self._now(), added)
            if await self._put(through, fresh, added):
                return answers
            await asyncio.sleep(_PAUSE_SECONDS * random.random())
        raise SinkDown(f"others have written to the figures {_MOST_READS} times in a row: run fewer workers for them")

    def _fresh(self, items: Sequence[Additions], through: Mapping[str, str]) -> tuple[list[Answer], list[Additions]]:
        """What becomes of each, and those that are not in the figures. Raises SinkForgot."""
        last = {int(partition): int(turn) for partition, turn in through.items() if partition != _VERSION}
        answers: list[Answer] = []
        fresh = []
        for additions in items:
            held = last.get(additions.partition, -1)
            if additions.turn <= held:
                answers.append(Taken.BEFORE)
                continue
            if additions.after > held and not self._accept_loss:
                raise SinkForgot(
                    f"the figures of partition {additions.partition} are those up to turn {held}, and turn {additions.turn} comes after "
                    f"{additions.after}: Redis has lost some, or records of the topic `figures` are gone; where they are gone for good, "
                    "TIDEMARK_ACCEPT_LOSS=figures goes on without"
                )
            last[additions.partition] = additions.turn
            answers.append(Taken.NOW)
            fresh.append(additions)
        return answers, fresh

    async def _put(self, through: Mapping[str, str], fresh: Sequence[Additions], added: Hashes) -> bool:
        """Writes the figures with what is added, and the turns that are in them now; False where others have written since `through`."""
        held = await self._store.fields((self._base + key, list(fields)) for key, (_, fields) in added.items())
        turns = {additions.partition: additions.turn for additions in fresh}
        made: list[str | int] = [through.get(_VERSION, "0"), len(turns)]
        for partition, turn in turns.items():
            made += (partition, turn)
        for (ends, fields), values in zip(added.values(), held, strict=True):
            made += (ends, len(fields))
            for (field, more), value in zip(fields.items(), values, strict=True):
                made += (field, int(value or 0) + more)
        keys = [f"{self._base}through", *(self._base + key for key in added)]
        [answer] = await self._store.run([(keys, made)])
        return bool(answer)
