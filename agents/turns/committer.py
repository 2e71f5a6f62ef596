"""The steps of a turn, for all partitions at once: publish ahead, commit, publish, tell the group (docs/architecture.md).

A partition's commits go one after the other, and so do its publications; a turn's commit does not wait for what the turn before puts
out, nor does the folding of the next, of which one may wait. A step is begun by what it waited for, without a task between. What partitions
have for a broker at one time goes in one request: a busy worker's requests grow larger, not more. No partition waits for another, so that a
broker that hangs holds up only what it leads.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from math import inf
from typing import Final, Protocol

from msgspec import Struct

from agents.metrics import TURN_SECONDS, count_committed, count_outputs
from agents.turns.shard import Sealed, Shard
from broker.client.produce import Identity, Producer, Write
from broker.wire.batches import ByTopic, Entry, build, encode_headers, entry, place_of
from sinks.topics.outputs import Outputs

# An acknowledgement takes milliseconds, and tens of them where replicas are far.
HELD_UP_SECONDS: Final = 0.5


class Probe(Protocol):
    """Told of every step of a turn as it is about to be done and once it is; only tests have one that does something."""

    def __call__(self, step: str) -> None: ...


class Credits(Protocol):
    """Room at the readers of what we publish; a broker that keeps everything needs none."""

    async def spend(self, writes: Sequence[Write]) -> None:
        """Waits until the readers are near enough for these writes."""


def _nobody_waits(shard: Shard) -> None:
    """Whoever waits for room is woken by `room`."""


def _nobody_asks(seconds: float) -> None:
    """How long brokers take is asked by whoever sees to what is due."""


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
        # By partition: sealed, and not yet on its way; and since when a commit is under way.
        self._waiting: dict[int, Sealed] = {}
        self._committing: dict[int, float] = {}
        self._room = asyncio.Event()
        # By partition: committed, and its outputs not yet on their way; and since when others are.
        self._unpublished: dict[int, list[Unpublished]] = {}
        self._publishing: dict[int, float] = {}
        self._to_publish = asyncio.Event()
        # Turns handed over and not yet published.
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        # By partition: how far its sources are done with, and the group was not told.
        self._untold: dict[int, dict[str, int]] = {}
        self._to_tell = asyncio.Event()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ahead: set[asyncio.Task[None]] = set()
        self._one_at_a_time = asyncio.Lock()
        # Told of each partition of which another turn may be committed now, or sealed.
        self.freed: Callable[[Shard], None] = _nobody_waits
        # Told of how long brokers took with a commit that has documents in it.
        self.answered: Callable[[float], None] = _nobody_asks

    def has_room(self, partition: int) -> bool:
        """Whether a turn of the partition would not have to wait in `put`."""
        return partition not in self._waiting

    def commits(self, partition: int) -> bool:
        """Whether a turn of the partition is not committed yet: another would have to wait for it."""
        return partition in self._waiting or partition in self._committing

    def held_up(self, partition: int) -> bool:
        """Whether a broker has taken longer than brokers take with what the partition commits or puts out."""
        began = min(self._committing.get(partition, inf), self._publishing.get(partition, inf))
        return time.monotonic() - began > HELD_UP_SECONDS

    async def room(self) -> None:
        """Waits until some partition has room that had none, or for long enough that one may be held up."""
        self._room.clear()
        try:
            async with asyncio.timeout(HELD_UP_SECONDS):
                await self._room.wait()
        except TimeoutError:
            pass

    async def put(self, sealed: list[Sealed]) -> None:
        """Hands over turns, of each partition one; waits while one of the same partition is waiting."""
        while any(each.shard.partition in self._waiting for each in sealed):
            await self.room()
        self.put_now(sealed)

    def put_now(self, sealed: Sequence[Sealed]) -> None:
        """The same, where there is room for each."""
        self._under_way += len(sealed)
        self._idle.clear()
        for each in sealed:
            if each.shard.partition in self._committing:
                self._waiting[each.shard.partition] = each
            else:
                self._begin(each)

    async def publish_again(self, shard: Shard, unpublished: Mapping[int, ByTopic]) -> None:
        """What a partition's last turns put out, byte for byte as before the crash."""
        for turn, outputs in unpublished.items():
            self._probe("publish.before")
            for round_ in self._rounds([Unpublished(shard, turn, outputs, {})]):
                await self._send(round_)
            count_outputs(outputs)
            shard.published_again(turn)
            self._probe("publish.after")
        self._probe("recovery.published")

    async def idle(self) -> None:
        """Waits until all that was handed over is committed and published."""
        await self._idle.wait()

    async def run(self) -> None:
        """Works until cancelled. Raises Fenced, WriteFailed, Corrupt."""
        lanes = (self._publish_by_credits(), self._tell_turns())
        tasks: set[asyncio.Future[None]] = {self._failure, *(asyncio.ensure_future(lane) for lane in lanes)}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in (*tasks, *self._ahead):
                task.cancel()

    def _fail(self, error: BaseException) -> None:
        if not self._failure.done():
            self._failure.set_exception(error)

    def _begin(self, sealed: Sealed) -> None:
        """Steps 1 and 2, of a turn whose partition has no other on its way."""
        self._committing[sealed.shard.partition] = time.monotonic()
        try:
            self._probe("ahead.before")
            if sealed.rekeyed or sealed.malformed:
                # Others need not wait for what it has to say first.
                task = asyncio.create_task(self._publish_ahead_and_commit(sealed))
                self._ahead.add(task)
                task.add_done_callback(self._ahead_done)
            else:
                self._probe("ahead.after")
                self._commit(sealed)
        except Exception as error:
            self._fail(error)

    async def _publish_ahead_and_commit(self, sealed: Sealed) -> None:
        await self._publish_ahead(sealed)
        self._probe("ahead.after")
        self._commit(sealed)

    def _ahead_done(self, task: asyncio.Task[None]) -> None:
        self._ahead.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    def _commit(self, sealed: Sealed) -> None:
        self._probe("commit.before")
        commit = sealed.shard.log.write(sealed.entries, int(time.time() * 1000))
        count_committed(len(commit.data))
        self._producer.put([commit], partial(self._committed, sealed, commit.records, time.perf_counter()), self._fail)

    def _committed(self, sealed: Sealed, records: int, started: float, offsets: list[int]) -> None:
        shard = sealed.shard
        try:
            shard.log.acknowledge(offsets[0], records)
        except Exception as error:
            self._fail(error)
            return
        self._probe("commit.after")
        seconds = time.perf_counter() - started
        TURN_SECONDS.observe(seconds)
        if sealed.documents:
            self.answered(seconds)
        partition = shard.partition
        del self._committing[partition]
        self._unpublished.setdefault(partition, []).append(Unpublished(shard, sealed.turn, sealed.outputs, sealed.positions))
        if partition in self._waiting:
            self._begin(self._waiting.pop(partition))
        self._publish_what_is_committed(partition)
        self._tell_freed(shard)

    def _tell_freed(self, shard: Shard) -> None:
        self._room.set()
        try:
            self.freed(shard)
        except Exception as error:
            self._fail(error)

    def _publish_what_is_committed(self, partition: int) -> None:
        """Step 3, for all turns of a partition that were committed while others were on their way out; no commit waits for it."""
        if self._credits is not None:
            self._to_publish.set()
        elif partition in self._unpublished and partition not in self._publishing:
            try:
                publishing = self._take_committed(partition)
                self._publish(publishing, self._rounds(publishing), 0)
            except Exception as error:
                self._fail(error)

    def _take_committed(self, partition: int) -> list[Unpublished]:
        """The turns of a partition that are to be put out next, and are on their way out from now on."""
        self._publishing[partition] = time.monotonic()
        self._probe("publish.before")
        return self._unpublished.pop(partition)

    async def _publish_by_credits(self) -> None:
        """Step 3, for all partitions, where readers are to be near enough first."""
        while True:
            await self._to_publish.wait()
            self._to_publish.clear()
            for partition in [partition for partition in self._unpublished if partition not in self._publishing]:
                publishing = self._take_committed(partition)
                for round_ in self._rounds(publishing):
                    await self._send(round_)
                self._published(publishing)

    def _publish(self, publishing: list[Unpublished], rounds: Sequence[list[Write]], number: int, _: Sequence[int] = ()) -> None:
        """One round after the other."""
        if number == len(rounds):
            self._published(publishing)
            return
        if number:
            self._probe("publish.more")
        self._producer.put(rounds[number], partial(self._publish, publishing, rounds, number + 1), self._fail)

    def _published(self, publishing: list[Unpublished]) -> None:
        """Outputs of one partition's turns are acknowledged."""
        self._probe("publish.after")
        partition = publishing[0].shard.partition
        for each in publishing:
            count_outputs(each.outputs)
            each.shard.published_through = max(each.shard.published_through, each.turn)
            if each.positions:
                self._untold[partition] = each.positions
        self._to_tell.set()
        del self._publishing[partition]
        self._publish_what_is_committed(partition)
        self._under_way -= len(publishing)
        # The ring of outputs has room again.
        self._tell_freed(publishing[0].shard)
        if not self._under_way:
            self._idle.set()

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

    async def _publish_ahead(self, sealed: Sealed) -> None:
        """Re-keyed and malformed documents: they depend on a record alone, and must be safe before its position is."""
        entries: dict[tuple[str, int], list[Entry]] = {}
        for rekeyed in sealed.rekeyed:
            place = (self._prefix + rekeyed.topic, rekeyed.partition)
            entries.setdefault(place, []).append(entry(rekeyed.key, rekeyed.value, encode_headers(rekeyed.headers)))
        if sealed.malformed:
            malformed = Outputs(self._app, sealed.shard.partition, sealed.turn)
            for letter in sealed.malformed:
                malformed.put(letter.topic, letter.event_id, letter.key, letter.value)
            for topic, listed in malformed.by_topic.items():
                entries.setdefault((self._prefix + topic, sealed.shard.partition), []).extend(listed)
            count_outputs(malformed.by_topic)
        now_ms = int(time.time() * 1000)
        # Numbered and handed over in one step, or one at a time: several turns may have something for one partition.
        async with self._one_at_a_time if self._credits is not None else nullcontext():
            await self._send(
                [
                    self._build(topic, partition, chunk, self._identity, now_ms)
                    for (topic, partition), listed in entries.items()
                    for chunk in self._chunks(listed)
                ]
            )

    def _rounds(self, publishing: list[Unpublished]) -> list[list[Write]]:
        """The outputs of one partition's turns, in their order, as batches: rounds of one for each topic, few of which have a second."""
        entries: Mapping[str, Sequence[Entry]] = publishing[0].outputs
        if len(publishing) > 1:
            together: dict[str, list[Entry]] = {}
            for each in publishing:
                for topic, some in each.outputs.items():
                    together.setdefault(topic, []).extend(some)
            entries = together
        shard, now_ms = publishing[0].shard, int(time.time() * 1000)
        rounds: list[list[Write]] = []
        for topic, listed in entries.items():
            name, partition = place_of(topic, shard.partition)
            for number, chunk in enumerate(self._chunks(listed)):
                if number == len(rounds):
                    rounds.append([])
                rounds[number].append(self._build(self._prefix + name, partition, chunk, shard.log.identity, now_ms))
        return rounds

    def _chunks(self, entries: Sequence[Entry]) -> Sequence[Sequence[Entry]]:
        """Entries in batches of at most about `max_batch_bytes`."""
        if sum(map(len, entries)) <= self._max_batch_bytes:
            return (entries,)
        chunks = []
        size = start = 0
        for at, length in enumerate(map(len, entries)):
            if at > start and size + length > self._max_batch_bytes:
                chunks.append(entries[start:at])
                size, start = 0, at
            size += length
        return [*chunks, entries[start:]]

    def _build(self, topic: str, partition: int, entries: Sequence[Entry], identity: Identity, now_ms: int) -> Write:
        sequence = identity.take(topic, partition, len(entries))
        batch = build(entries, now_ms, identity.producer_id, identity.epoch, sequence)
        return Write(topic, partition, batch.data, batch.records)

    async def _send(self, writes: list[Write]) -> None:
        if not writes:
            return
        if self._credits is not None:
            await self._credits.spend(writes)
        await self._producer.send(writes)
