"""The changelog partition as the commit log: fence, recovery, and the batches that commit turns.

One batch is one turn, appended by the broker whole or not at all. The fence is the broker's: a new owner's epoch makes it refuse every
write of an older one. The second net is ours: an acknowledged batch must stand at the offset that was expected.
"""

from __future__ import annotations

import gc
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

import msgspec
from aiokafka.client import AIOKafkaClient

from broker.client.fence import FencedWhenAskedAgain, acquire, renew
from broker.client.fetch import Fetcher
from broker.client.offsets import EARLIEST, offsets
from broker.client.produce import Fenced, Identity, Producer, Write
from broker.client.reading import read_through
from broker.client.retries import patiently
from broker.wire.batches import NO_HEADERS, ByTopic, Entry, build, entry
from broker.wire.records import Record
from rules.rulebook.program_changes import Judged
from tables.head import FORMAT, FORMATS_READ, Head
from tables.keeping import decode_keeping
from tables.layout import (
    ADOPTED,
    ASKED,
    FENCE,
    HEAD,
    KEEPING,
    MADE,
    OUT,
    activity_of,
    chunk_of,
    decode_head,
    decode_outputs,
    group_of,
)
from tables.made import decode_made
from tables.partition import PartitionTable

# What reading throws on what is not ours.
_UNREADABLE = (ValueError, IndexError, struct.error, msgspec.MsgspecError)
# Of a key that is not ours: it is printed.
_KEY_SHOWN = 60


class Corrupt(Exception):
    """The changelog does not hold what was committed; the message says what to do."""


class Recovered(NamedTuple):
    """A partition's state as it was last committed, and what its last turns put out but may not have been published."""

    table: PartitionTable
    unpublished: dict[int, ByTopic]


class CommitLog:
    """The changelog partition of one owner: made by `take`, until another owner takes it."""

    def __init__(self, topic: str, partition: int, identity: Identity, expected_offset: int) -> None:
        self.topic = topic
        self.partition = partition
        self.identity = identity
        self.expected_offset = expected_offset
        # Where the next batch will stand, those included that are on their way.
        self.next_offset = expected_offset

    @classmethod
    async def take(
        cls, client: AIOKafkaClient, producer: Producer, topic: str, partition: int, deadline_seconds: float, now_ms: int
    ) -> CommitLog:
        """Becomes the owner: after it, the broker refuses every batch of the owner before. Raises Fenced, WriteFailed."""
        identity = await acquire(client, f"{topic}-{partition}", deadline_seconds)
        log = cls(topic, partition, identity, -1)
        log.expected_offset = log.next_offset = await log.put_fence(producer, now_ms) + 1
        return log

    async def renew(self, client: AIOKafkaClient, producer: Producer, deadline_seconds: float, now_ms: int) -> None:
        """Stays the owner, under a new epoch: a broker forgets ids and epochs that are long not heard of. No write may be under way.

        Raises Fenced, WriteFailed.
        """
        name = f"{self.topic}-{self.partition}"
        try:
            self.identity = await renew(client, name, self.identity, deadline_seconds)
        except FencedWhenAskedAgain:
            # The second net tells whether it was another owner: that one's fence stands where ours is expected.
            self.identity = await acquire(client, name, deadline_seconds)
        self.next_offset += 1
        self.acknowledge(await self.put_fence(producer, now_ms), 1)

    async def put_fence(self, producer: Producer, now_ms: int) -> int:
        """Writes the record from which on the broker refuses every earlier epoch in the partition; its offset. Raises Fenced."""
        (offset,) = await producer.send([self.write([entry(FENCE, b"%d" % self.identity.epoch, NO_HEADERS)], now_ms)])
        return offset

    def write(self, entries: Sequence[Entry], now_ms: int) -> Write:
        """The batch that commits a turn. Batches must be sent in the order they were made."""
        identity = self.identity
        sequence = identity.take(self.topic, self.partition, len(entries))
        batch = build(entries, now_ms, identity.producer_id, identity.epoch, sequence)
        return Write(self.topic, self.partition, batch.data, batch.records)

    def acknowledge(self, offset: int, count: int) -> None:
        """The second net: the batch must stand where it was expected. -1: the broker has it, but forgot where.

        Raises Fenced where someone else wrote, Corrupt where the changelog lost records.
        """
        if -1 < offset < self.expected_offset:
            raise Corrupt(lost(self._name, f"a batch stands at offset {offset}, expected {self.expected_offset}"))
        if offset > self.expected_offset:
            raise Fenced(f"{self._name}: a batch stands at offset {offset}, expected {self.expected_offset}: someone else wrote")
        self.expected_offset += count

    async def recover(self, fetcher: Fetcher, table: PartitionTable, deadline_seconds: float, *, copied: bool = False) -> Recovered:
        """Reads the changelog into the table, up to the fence that `take` wrote. `copied`: it is of other topics, and stood at other
        offsets, which are left as they are in the table's head.

        Raises Corrupt; BrokerUnavailable where nothing came for `deadline_seconds`.
        """
        outputs: dict[int, ByTopic] = {}
        expected = table.head.topic_ids
        self._misplaced = ""
        with _collector_paused():
            head = await self._read(fetcher, table, outputs, deadline_seconds)
            if head is not None and head.format not in FORMATS_READ:
                raise Corrupt(other_format(self._name, head.format))
            try:
                table.orders.loaded()
                table.load_due()
            except _UNREADABLE as error:
                raise Corrupt(self._misplaced or unreadable(self._name)) from error
        if head is not None:
            if not copied:
                self._check_place(head, expected)
                head.topic_ids = expected
            table.head = head
            table.clock.reach(head.clock_ms)
            table.judged = Judged(head.judged_ref, head.judged_set_ms)
            table.figured_turn = head.figured_turn
            table.ran_ms = head.ran_ms
            table.deleted = head.deleted
            table.rekeyed_through = dict(head.rekeyed_through)
        unpublished = {turn: outputs[turn] for turn in sorted(outputs) if table.head.unpublished_from <= turn <= table.head.turn}
        return Recovered(table, unpublished)

    def _check_place(self, head: Head, topic_ids: Mapping[str, str]) -> None:
        """Raises Corrupt where the changelog is not where it was written, or of other topics than there are."""
        for topic, topic_id in head.topic_ids.items():
            if topic_ids.get(topic, topic_id) != topic_id:
                raise Corrupt(
                    f"{self._name} is of another topic {topic} than there is now: it was deleted and made again, or it is a copy. "
                    "Restore it; or take copies over with `tidemark adopt`; or start afresh under another TIDEMARK_PREFIX"
                )
        if self._misplaced:
            raise Corrupt(self._misplaced)

    async def _read(
        self, fetcher: Fetcher, table: PartitionTable, outputs: dict[int, ByTopic], deadline_seconds: float
    ) -> Head | None:
        """Puts the changelog into the table and the outputs; the last head, None where there is none."""
        place = (self.topic, self.partition)
        first = await patiently(lambda: offsets(fetcher.client, [place], EARLIEST), f"where {self._name} begins", deadline_seconds)
        head: Head | None = None
        async for part in read_through(fetcher, place, first[place], self.expected_offset, deadline_seconds):
            if part.unreadable:
                raise Corrupt(_not_readable(self._name, part.unreadable[0].why))
            try:
                head = self._load(table, part.records, outputs) or head
            except _UNREADABLE as error:
                # What is left of a state may be unreadable because of what is lost.
                self._check_heads(part.records)
                raise Corrupt(unreadable(self._name)) from error
        return head

    def _load(self, table: PartitionTable, records: Iterable[Record], outputs: dict[int, ByTopic]) -> Head | None:
        """Puts changelog records into the table; the last head among them."""
        head: Head | None = None
        members = table.members
        for record in records:
            key, value = record.key, record.value
            if not key:
                raise Corrupt(_strange(self._name, f"record {record.offset} has no key"))
            kind = key[0]
            if value is None:
                if kind == 0x6D:
                    members.pop(key[1:].decode(), None)
                elif kind == 0x67:
                    table.put_by.load(key, None)
                elif key.startswith(MADE):
                    table.made.pop(activity_of(key), None)
                elif key.startswith(ASKED):
                    table.load_asked(key, None)
            elif kind == 0x6D:
                members[key[1:].decode()] = value
            elif kind == 0x6F:
                table.orders.load(*chunk_of(key), value)
            elif kind == 0x67:
                table.put_by.load(key, value)
            elif kind == 0x69:
                table.orders.load_group(group_of(key), value)
            elif key == HEAD:
                head = self._head(record.offset, value)
            elif key == KEEPING:
                table.keeping = decode_keeping(value)
            elif key.startswith(MADE):
                table.made[activity_of(key)] = decode_made(value)
            elif key.startswith(ASKED):
                table.load_asked(key, value)
            elif key == ADOPTED:
                # What stands before it is a copy.
                self._misplaced = ""
            elif key.startswith(OUT):
                turn, listed = decode_outputs(value)
                outputs[turn] = listed
            elif key != FENCE:
                raise Corrupt(_strange(self._name, f"record {record.offset} has the key {key[:_KEY_SHOWN]!r}"))
        return head

    def _head(self, offset: int, value: bytes) -> Head:
        """The head that stands there; where it was written for another place, it is noted what that means."""
        head = decode_head(value)
        if head.offset not in (offset, -1):
            seen = f"turn {head.turn} was written for offset {head.offset} and stands at {offset}"
            self._misplaced = lost(self._name, seen) if offset < head.offset else _strange(self._name, seen)
        return head

    def _check_heads(self, records: Iterable[Record]) -> None:
        """Raises Corrupt where one of the heads among them was written for another place."""
        for record in records:
            if record.key == HEAD and record.value is not None:
                with suppress(ValueError, msgspec.MsgspecError):
                    self._head(record.offset, record.value)
        if self._misplaced:
            raise Corrupt(self._misplaced)

    @property
    def _name(self) -> str:
        return f"{self.topic}/{self.partition}"


def lost(name: str, seen: str) -> str:
    """What to say of a changelog that does not hold what was committed, and what to do."""
    return (
        f"{name} has lost what was committed ({seen}): its broker's disk was lost without another replica, or a replica that was behind "
        "was elected. Counting on would count twice. Restore the changelog, and the topics as they were then, from a backup; or start "
        "afresh under another TIDEMARK_PREFIX"
    )


def _strange(name: str, seen: str) -> str:
    return (
        f"{name}: someone else wrote ({seen}), and what was counted since may be wrong. Find who writes to it and take the right away; "
        "then restore the changelog, and the topics as they were then, from a backup; or start afresh under another TIDEMARK_PREFIX. If it "
        "was a newer version of Tidemark, run that one"
    )


def other_format(name: str, found: int) -> str:
    """What to say where the changelog's head is of a format that is not read, and what to do."""
    if found > FORMAT:
        needed = "a newer release wrote them: run that one, or a later one; there is no way back"
    else:
        needed = (
            f"an older release wrote them: first run a release that reads format {found} and writes format {found + 1}, and so on, each "
            "until it has committed a turn in every partition"
        )
    return (
        f"{name} holds records of format {found}, and this release reads {' and '.join(map(str, FORMATS_READ))}: another version wrote "
        f"them: {needed}"
    )


def unreadable(name: str) -> str:
    """The same where a record cannot be read."""
    return (
        f"{name} holds records that this version of Tidemark does not read (it reads those of formats "
        f"{' and '.join(map(str, FORMATS_READ))}): another version wrote them, or somebody else did. Run the release that wrote them "
        "last, or a later one; or restore the topic"
    )


def _not_readable(name: str, why: str) -> str:
    return (
        f"{name}: {why}. Nothing of a changelog is passed over: restore the partition from a replica that is whole "
        "(kafka-reassign-partitions.sh), or the topic from a backup, then start again"
    )


@contextmanager
def _collector_paused() -> Iterator[None]:
    """No garbage collection while millions of objects are made that all stay; frozen after it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        if was_enabled:
            gc.enable()
