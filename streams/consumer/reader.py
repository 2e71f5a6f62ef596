"""Reading: what is opened is fetched, a loop for each leader, and handed over as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from aiokafka.errors import KafkaError

from broker.client.fetch import Fetched, Fetcher
from broker.client.offsets import Place, leaders
from broker.client.retries import Backoff, Said

# A fetch waits so long for a first byte.
_IDLE_WAIT_MS = 500
_RETRY_SECONDS = 0.1
# Leaders are looked up again after that; sooner where a fetch failed, or something was opened.
_LOOK_SECONDS = 1.0


# A fetch that brought so many records is followed by a pause of twice the least: the more comes, the more a turn is worth waiting for.
_RECORDS_A_PAUSE = 16


class Reader:
    """Reads only what was opened, from the positions given on."""

    def __init__(
        self,
        fetcher: Fetcher,
        pause_seconds: float,
        most_pause_seconds: float,
        room: Callable[[], Awaitable[None]],
        hand: Callable[[list[Fetched]], Awaitable[None]],
    ) -> None:
        """`pause_seconds`: least time between two fetches of one leader; it grows with what the first brought, up to
        `most_pause_seconds`. `room`: waits until `hand` may be called."""
        self.positions: dict[Place, int] = {}
        # When a fetch that found nothing after our position was sent (by the loop's clock), and that position.
        self.quiet: dict[Place, tuple[int, float]] = {}
        # By partition: where it ended when a leader last answered of it, and when it was asked, by the loop's clock.
        self.heard: dict[Place, tuple[int, float]] = {}
        self.retries = 0
        self._fetcher = fetcher
        self._pause_seconds = pause_seconds
        self._most_pause_seconds = max(pause_seconds, most_pause_seconds)
        self._room = room
        self._hand = hand
        self._led: dict[int, list[Place]] = {}
        self._look = asyncio.Event()

    def open(self, positions: Mapping[Place, int]) -> None:
        """Reads these partitions too, from these offsets on."""
        self.positions.update(positions)
        self._look.set()

    def shut(self, places: Iterable[Place]) -> None:
        """Reads these partitions no further, until they are opened again; what is under way of them is thrown away."""
        for place in places:
            self.positions.pop(place, None)
            self.quiet.pop(place, None)

    def close(self) -> None:
        """Reads nothing more; what is under way is thrown away."""
        self.positions.clear()
        self.quiet.clear()
        self.heard.clear()
        self._led = {}

    async def run(self, stopped: Callable[[], bool]) -> None:
        """Reads until `stopped`, which is asked every second. Raises PositionLost."""
        loops: dict[int, asyncio.Task[None]] = {}
        try:
            while not stopped():
                self._look.clear()
                self._led = leaders(self._fetcher.client, list(self.positions))
                for node in self._led:
                    if node not in loops:
                        loops[node] = asyncio.create_task(self._read(node))
                        loops[node].add_done_callback(lambda _: self._look.set())
                found = sum(map(len, self._led.values()))
                await self._looked(_LOOK_SECONDS if found == len(self.positions) else _RETRY_SECONDS)
                for node in [node for node, loop in loops.items() if loop.done()]:
                    loops.pop(node).result()
        finally:
            for loop in loops.values():
                loop.cancel()

    async def _looked(self, seconds: float) -> None:
        """Waits until there is a reason to look up leaders again, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._look.wait()
        except TimeoutError:
            pass

    async def _read(self, node: int) -> None:
        """Fetches from one leader while it leads something that is opened."""
        clock = asyncio.get_running_loop().time
        last_fetch = 0.0
        pause_seconds = self._pause_seconds
        backoff, said = Backoff(), Said("fetch_retried")
        while places := self._led.get(node):
            await self._room()
            early = last_fetch + pause_seconds - clock()
            if early > 0:
                await asyncio.sleep(early)
            last_fetch = clock()
            wanted = {place: self.positions[place] for place in places if place in self.positions}
            if not wanted:
                return
            try:
                fetched = await self._fetcher.fetch(node, wanted, _IDLE_WAIT_MS)
            except KafkaError as error:
                self.retries += 1
                said.warn(node=node, reason=repr(error))
                self._fetcher.client.force_metadata_update()
                await asyncio.sleep(backoff.seconds())
                self._look.set()
                continue
            backoff.reset()
            self.heard.update((place, (self._fetcher.ends[place], last_fetch)) for place in wanted if place in self._fetcher.ends)
            records = sum(len(part.records) for part in fetched)
            pause_seconds = min(self._pause_seconds * (1 + records / _RECORDS_A_PAUSE), self._most_pause_seconds)
            parts = self._following(fetched)
            self._note_quiet(wanted, last_fetch)
            if parts:
                await self._hand(parts)

    def _note_quiet(self, asked: Mapping[Place, int], sent: float) -> None:
        """Of which partitions a fetch that was sent then has shown that nothing stood after our position."""
        for place, offset in asked.items():
            if self.positions.get(place) == offset == self._fetcher.ends.get(place):
                self.quiet[place] = (offset, sent)

    def _following(self, fetched: list[Fetched]) -> list[Fetched]:
        """What was read from where we are: not what was asked for before a rebalance gave us another position, which may be an
        earlier one."""
        parts = []
        for part in fetched:
            place = (part.topic, part.partition)
            if self.positions.get(place) == part.from_offset:
                self.positions[place] = part.next_offset
                parts.append(part)
        return parts
