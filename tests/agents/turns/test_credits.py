"""Credits: no write runs further ahead of its reader than the broker keeps, and a reader that is lost ends the run, not the records."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.turns import credits as credits_module
from agents.turns.credits import Place, ReaderCredits, ReaderLost
from broker.client.produce import Write
from broker.embedded import EmbeddedBroker
from tests.agents.turns.flow import PREFIX, flow, place
from tests.thorough import examples

GIFTS = "gifts"
AHEAD = 100


class Readers:
    """How far the readers are: `steps` records further each time they are asked, up to what was written."""

    def __init__(self, steps: Sequence[int] = ()) -> None:
        self.asked = 0
        self.offset = 0
        self.written = 0
        self._steps = list(steps)

    async def offsets(self, places: Sequence[Place]) -> dict[Place, int]:
        if self._steps:
            self.offset = min(self.written, self.offset + self._steps[self.asked % len(self._steps)])
        self.asked += 1
        return dict.fromkeys(places, self.offset)


def write(size: int, records: int = 1, topic: str = GIFTS) -> Write:
    return Write(topic, 0, bytes(size), records)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credits_module, "_RETRY_SECONDS", 0.0)


def test_a_reader_that_is_lost_is_said_with_its_place_and_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credits_module, "_DEADLINE_SECONDS", 0.05)
    readers = Readers()

    async def work() -> None:
        credits = ReaderCredits([GIFTS], readers.offsets, AHEAD)
        await credits.spend([write(60)])
        with pytest.raises(ReaderLost, match="gifts"):
            await credits.spend([write(60)])
        # Readers of other topics are not asked.
        await credits.spend([write(10 * AHEAD, topic="levels"), write(10 * AHEAD, topic="levels")])

    asyncio.run(work())
    assert readers.asked > 1


def test_what_is_larger_than_all_there_is_room_for_goes_once_its_reader_has_all_before_it() -> None:
    readers = Readers()

    async def work() -> None:
        credits = ReaderCredits([GIFTS], readers.offsets, AHEAD)
        await credits.spend([write(10 * AHEAD, records=3)])
        waiting = asyncio.create_task(credits.spend([write(10 * AHEAD)]))
        for readers.offset in (0, 1, 2):
            asked = readers.asked
            async with asyncio.timeout(10):
                while readers.asked < asked + 3:  # noqa: ASYNC110 — it asks whenever the loop goes round
                    await asyncio.sleep(0)
            # Of a batch that is not wholly read nothing counts as read.
            assert not waiting.done()
        readers.offset = 3
        await asyncio.wait_for(waiting, 10)

    asyncio.run(work())


@examples(60)
@given(
    st.lists(st.tuples(st.integers(1, 80), st.integers(1, 5)), min_size=1, max_size=30),
    st.lists(st.integers(0, 7), min_size=1, max_size=5).filter(any),
)
def test_no_write_passes_further_ahead_than_the_broker_keeps(writes: list[tuple[int, int]], steps: list[int]) -> None:
    readers = Readers(steps)

    async def work() -> None:
        credits = ReaderCredits([GIFTS], readers.offsets, AHEAD)
        # Where each batch ends, in records and in bytes.
        ends: list[tuple[int, int]] = []
        for size, records in writes:
            await asyncio.wait_for(credits.spend([write(size, records)]), 10)
            before = ends[-1] if ends else (0, 0)
            ends.append((before[0] + records, before[1] + size))
            readers.written = ends[-1][0]
            read = max((size for count, size in ends if count <= readers.offset), default=0)
            assert ends[-1][1] - read <= AHEAD

    asyncio.run(work())


def test_a_worker_whose_reader_is_lost_ends_and_what_it_committed_is_published_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credits_module, "_DEADLINE_SECONDS", 0.2)
    readers = Readers()

    async def work(servers: str) -> None:
        async with flow(servers, ReaderCredits([PREFIX + GIFTS], readers.offsets, AHEAD)) as lost:
            lost.arrive(0, 4)
            with pytest.raises(ReaderLost, match="gifts"):
                await asyncio.wait_for(lost.committing, 30)
            published, committed = await lost.grants(), lost.shard.log.expected_offset
            assert len(published) < 4 and committed > 1
        async with flow(servers, None) as running:
            done = running.shard.positions["pos.orders"]
            assert set(await running.grants()) == {f"spend/m{offset}/1" for offset in range(done)}
            running.arrive(done, 4)
            await running.until(lambda: running.shard.positions["pos.orders"] == 4)
            await running.until(lambda: running.shard.published_through == running.shard.table.head.turn)
            assert set(await running.grants()) == {f"spend/m{offset}/1" for offset in range(4)}

    with EmbeddedBroker() as broker:
        place(broker.servers, 4)
        asyncio.run(work(broker.servers))
