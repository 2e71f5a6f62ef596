"""The steps of a turn, for all partitions at once: publish ahead, commit, publish, tell the group (docs/architecture.md).

Commits go one after the other, and so do publications; a turn's commit does not wait for what the turn before puts out, nor does the
folding of the next, of which one may wait. A busy worker's requests grow larger, not more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol

from msgspec import Struct

from agents.metrics import COMMITTED_BYTES, TURN_SECONDS, count_outputs
from agents.turns.shard import Sealed, Shard
from broker.client.produce import Identity, Producer, Write
from broker.wire.batches import ByTopic, Entry, build, encode_headers, entry
from sinks.topics.outputs import Outputs


class Probe(Protocol):
    """Told of every step of a turn as it is about to be done and once it is; only tests have one that does something."""

    def __call__(self, step: str) -> None: ...


class Credits(Protocol):
    """Room at the readers of what we publish; a broker that keeps everything needs none."""

    async def spend(self, writes: Sequence[Write]) -> None:
        """Waits until the readers are near enough for these writes."""


def no_probe(step: str) -> None:
    """In production nobody watches."""


class Unpublished(Struct, gc=False):
    """A turn that is committed, and whose outputs are not acknowledged; `positions`: how far its sources are done with it."""

    shard: Shard
    turn: int
    outputs: ByTopic
    positions: dict[str, int]


class Committer:
    """Commits sealed turns in the order in which they were folded, and publishes what they put out."""

    def __init__(
        self,
        producer: Producer,
        identity: Identity,
        prefix: str,
        max_batch_bytes: int,
        tell_seconds: float,
        commit_positions: Callable[[dict[tuple[str, int], int]], Awaitable[None]],
        credits: Credits | None,
        probe: Probe,
        app: str = "aggregate",
    ) -> None:
        """`app`: whose turns these are. `identity`: of this worker, for what is written ahead. `commit_positions` tells the group."""
        self._producer = producer
        self._identity = identity
        self._prefix = prefix
        self._max_batch_bytes = max_batch_bytes
        self._tell_seconds = tell_seconds
        self._commit_positions = commit_positions
        self._credits = credits
        self._probe = probe
        self._app = app
        # By partition: sealed, and not yet on its way.
        self._waiting: dict[int, Sealed] = {}
        self._to_commit = asyncio.Event()
        self._room = asyncio.Event()
        # Committed, and their outputs not yet acknowledged.
        self._unpublished: list[Unpublished] = []
        self._publishing = False
        self._to_publish = asyncio.Event()
        # Turns handed over and not yet published.
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        # By partition: how far its sources are done with, and the group was not told.
        self._untold: dict[int, dict[str, int]] = {}
        self._to_tell = asyncio.Event()

    async def put(self, sealed: list[Sealed]) -> None:
        """Hands over turns, of each partition one; waits while one of the same partition is waiting."""
        while any(each.shard.partition in self._waiting for each in sealed):
            self._room.clear()
            await self._room.wait()
        self._waiting |= {each.shard.partition: each for each in sealed}
        self._under_way += len(sealed)
        self._idle.clear()
        self._to_commit.set()

    async def publish_again(self, shard: Shard, unpublished: Mapping[int, ByTopic]) -> None:
        """What a partition's last turns put out, byte for byte as before the crash."""
        for turn, outputs in unpublished.items():
            await self._publish([Unpublished(shard, turn, outputs, {})], self._send)

    async def idle(self) -> None:
        """Waits until all that was handed over is committed and published."""
        await self._idle.wait()

    async def run(self) -> None:
        """Works until cancelled. Raises Fenced, WriteFailed."""
        lanes = (self._commit_turns(), self._publish_turns(), self._tell_turns())
        tasks = {asyncio.create_task(lane) for lane in lanes}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()

    async def _commit_turns(self) -> None:
        """Steps 1 and 2, for all turns handed over meanwhile; what is to be published by then goes with them."""
        while True:
            await self._to_commit.wait()
            self._to_commit.clear()
            sealed, self._waiting = list(self._waiting.values()), {}
            self._room.set()
            started = time.perf_counter()
            self._probe("ahead.before")
            await self._publish_ahead(sealed)
            self._probe("ahead.after")
            now_ms = int(time.time() * 1000)
            commits = [each.shard.log.write(each.entries, now_ms) for each in sealed]
            if self._may_ride():
                await self._publish_waiting(partial(self._commit, sealed, commits))
            else:
                await self._commit(sealed, commits, [])
            COMMITTED_BYTES.inc(sum(len(commit.data) for commit in commits))
            TURN_SECONDS.observe(time.perf_counter() - started)

    def _may_ride(self) -> bool:
        """Whether there is something to publish, and nothing on its way that it must come after."""
        return bool(self._unpublished) and not self._publishing and self._credits is None

    async def _commit(self, sealed: Sequence[Sealed], commits: Sequence[Write], riding: Sequence[Write]) -> None:
        """One request with the commits of these turns, and publications that ride with it."""
        self._probe("commit.before")
        offsets = await self._producer.send([*riding, *commits])
        for each, commit, offset in zip(sealed, commits, offsets[len(riding) :], strict=True):
            each.shard.log.acknowledge(offset, commit.records)
        self._probe("commit.after")
        self._unpublished += [Unpublished(each.shard, each.turn, each.outputs, each.positions) for each in sealed]
        self._to_publish.set()

    async def _publish_turns(self) -> None:
        """Step 3, for all turns committed meanwhile that do not ride with the next commit: it does not wait for them."""
        while True:
            await self._to_publish.wait()
            self._to_publish.clear()
            if self._unpublished and not self._publishing:
                await self._publish_waiting(self._send)

    async def _tell_turns(self) -> None:
        """Step 4, now and then, for lag and dashboards: the group's coordinator takes its time, and no turn waits for it."""
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            untold, self._untold = self._untold, {}
            offsets = {
                (self._prefix + topic, partition): offset
                for partition, positions in untold.items()
                for topic, offset in positions.items()
            }
            self._probe("offsets.before")
            await self._commit_positions(offsets)
            self._probe("offsets.after")
            await asyncio.sleep(self._tell_seconds)

    async def _publish_ahead(self, sealed: list[Sealed]) -> None:
        """Re-keyed and malformed documents: they depend on a record alone, and must be safe before its position is."""
        entries: dict[tuple[str, int], list[Entry]] = {}
        for each in sealed:
            for rekeyed in each.rekeyed:
                place = (self._prefix + rekeyed.topic, rekeyed.partition)
                entries.setdefault(place, []).append(entry(rekeyed.key, rekeyed.value, encode_headers(rekeyed.headers)))
            if each.malformed:
                malformed = Outputs(self._app, each.shard.partition, each.turn)
                for letter in each.malformed:
                    malformed.put(letter.topic, letter.event_id, letter.key, letter.value)
                for topic, listed in malformed.by_topic.items():
                    entries.setdefault((self._prefix + topic, each.shard.partition), []).extend(listed)
                count_outputs([malformed.by_topic])
        if entries:
            round_: list[Write] = []
            for (topic, partition), listed in entries.items():
                for chunk in self._chunks(listed):
                    write = self._build(topic, partition, chunk, self._identity)
                    if any(write.topic == other.topic and write.partition == other.partition for other in round_):
                        await self._send(round_)
                        round_ = []
                    round_.append(write)
            await self._send(round_)

    async def _publish_waiting(self, send: Callable[[list[Write]], Awaitable[None]]) -> None:
        """Publishes what waits for it; `send` takes the first batch of each partition."""
        publishing, self._unpublished = self._unpublished, []
        self._publishing = True
        await self._publish(publishing, send)
        self._publishing = False
        self._under_way -= len(publishing)
        if not self._under_way:
            self._idle.set()
        if self._unpublished:
            self._to_publish.set()

    async def _publish(self, publishing: list[Unpublished], send: Callable[[list[Write]], Awaitable[None]]) -> None:
        """Outputs of turns that are committed, in their order."""
        self._probe("publish.before")
        for_now, for_later = self._batches(publishing)
        await send(for_now)
        for write in for_later:
            self._probe("publish.more")
            await self._send([write])
        self._published(publishing)
        self._probe("publish.after")

    def _published(self, publishing: list[Unpublished]) -> None:
        count_outputs(each.outputs for each in publishing)
        for each in publishing:
            each.shard.published_through = max(each.shard.published_through, each.turn)
            if each.positions:
                self._untold[each.shard.partition] = each.positions
        if self._untold:
            self._to_tell.set()

    def _batches(self, publishing: list[Unpublished]) -> tuple[list[Write], list[Write]]:
        """The outputs as batches: the first of each partition for one request, and what does not fit, in order, for requests of its
        own."""
        entries: dict[tuple[str, int], tuple[Identity, list[Entry]]] = {}
        for each in publishing:
            for topic, some in each.outputs.items():
                place = (self._prefix + topic, each.shard.partition)
                entries.setdefault(place, (each.shard.log.identity, []))[1].extend(some)
        for_now: list[Write] = []
        for_later: list[Write] = []
        for (topic, partition), (identity, listed) in entries.items():
            writes = [self._build(topic, partition, chunk, identity) for chunk in self._chunks(listed)]
            for_now.append(writes[0])
            for_later += writes[1:]
        return for_now, for_later

    def _chunks(self, entries: list[Entry]) -> Iterable[list[Entry]]:
        """Entries in batches of at most about `max_batch_bytes`."""
        size = start = 0
        for at, length in enumerate(map(len, entries)):
            if at > start and size + length > self._max_batch_bytes:
                yield entries[start:at]
                size, start = 0, at
            size += length
        yield entries[start:]

    def _build(self, topic: str, partition: int, entries: list[Entry], identity: Identity) -> Write:
        sequence = identity.take(topic, partition, len(entries))
        batch = build(entries, int(time.time() * 1000), identity.producer_id, identity.epoch, sequence)
        return Write(topic, partition, batch.data, batch.records)

    async def _send(self, writes: list[Write]) -> None:
        if not writes:
            return
        if self._credits is not None:
            await self._credits.spend(writes)
        await self._producer.send(writes)
