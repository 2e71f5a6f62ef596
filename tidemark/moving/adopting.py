"""Taking over, on a cluster to which the topics were copied, what stands on the changelogs' copies (docs/operations.md).

The changelogs' newest heads name topics and offsets of the cluster that was left. They are written anew with this one's topic ids and
the offsets that hold here: of each source, the one from which on as many records follow as were not taken there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from aiokafka.client import AIOKafkaClient

from broker.client.produce import Producer
from broker.wire.batches import NO_HEADERS, entry
from streams.topics import DEFINITIONS, REKEYED
from tables.commit_log import CommitLog
from tables.head import FORMAT, Head
from tables.layout import ADOPTED, HEAD, encode_head
from tidemark.moving.apps import MOVED, Moved, kept_in
from tidemark.moving.digest import Digest
from tidemark.moving.faults import CannotMove
from tidemark.moving.handover import Handover, Owned, Tail
from tidemark.moving.leaving import whole
from tidemark.reading.topics import Topics
from tidemark.settings.settings import Settings


class Adopted(NamedTuple):
    """A changelog partition to be taken over: its full topic, where it ends, the head to be written, and, by source, how many records
    are not taken yet. `done`: it is of these topics already.
    """

    topic: str
    partition: int
    end: int
    head: Head
    left: Mapping[str, int]
    done: bool


async def plan(client: AIOKafkaClient, settings: Settings, handover: Handover, topic_ids: Mapping[str, str]) -> list[Adopted]:
    """What would be taken over. `topic_ids`: of this cluster, by short name. Raises CannotMove, BrokerUnavailable."""
    topics = Topics(client)
    if handover.partitions != settings.partitions:
        raise CannotMove(f"the handover is of {handover.partitions} partitions, and TIDEMARK_PARTITIONS is {settings.partitions}")
    if handover.definitions is not None and await whole(topics, settings.prefix + DEFINITIONS) != handover.definitions:
        raise CannotMove(
            f"{settings.prefix}{DEFINITIONS} is no copy of what was left: every record must be there, in order, with its timestamp, from "
            "which its version holds, and nothing else"
        )
    found = []
    for moved in MOVED:
        listed = handover.changelogs.get(moved.changelog, {})
        topic = settings.prefix + moved.changelog
        for partition in range(settings.partitions):
            end, head = await kept_in(topics, topic, partition, settings, copied=True)
            owned = listed.get(partition)
            if owned is None and not head.turn:
                continue
            if owned is None:
                raise CannotMove(f"{topic}/{partition} holds a state, and the handover has nothing of it")
            adopted = Adopted(topic, partition, end, head, {}, done=True)
            if head.topic_ids == _ids(moved, topic_ids):
                found.append(adopted)
                continue
            if not head.turn or owned.turn not in (None, head.turn):
                raise CannotMove(
                    f"{topic}/{partition} was copied up to turn {head.turn}, and turn {owned.turn} was done: copy it to its end, when no "
                    "worker runs"
                )
            found.append(await _moved(topics, settings.prefix, moved, owned, adopted, topic_ids))
    return found


async def adopt(client: AIOKafkaClient, settings: Settings, adopted: Adopted) -> None:
    """Takes a partition over. Raises CannotMove, Fenced, WriteFailed."""
    deadline_seconds = settings.write_deadline_ms / 1000
    producer = Producer(client, deadline_seconds)
    now_ms = int(time.time() * 1000)
    log = await CommitLog.take(client, producer, adopted.topic, adopted.partition, deadline_seconds, now_ms)
    if log.expected_offset != adopted.end + 1:
        raise CannotMove(f"somebody wrote to {adopted.topic}/{adopted.partition} meanwhile: stop all workers, and start again")
    head = msgspec.structs.replace(adopted.head, offset=log.expected_offset + 1)
    mark = entry(ADOPTED, b"%d" % log.expected_offset, NO_HEADERS)
    write = log.write([mark, entry(HEAD, encode_head(head), NO_HEADERS)], now_ms)
    (offset,) = await producer.send([write])
    log.acknowledge(offset, write.records)


def _ids(moved: Moved, topic_ids: Mapping[str, str]) -> dict[str, str]:
    """The topics that a head's positions and refs are of."""
    return {topic: topic_ids[topic] for topic in (*moved.sources, DEFINITIONS)}


async def _moved(topics: Topics, prefix: str, moved: Moved, owned: Owned, copied: Adopted, topic_ids: Mapping[str, str]) -> Adopted:
    """A copied partition with the head that it is to have here: a turn of its own, in which nothing is taken. Raises CannotMove."""
    positions, left = {}, {}
    for topic in moved.sources:
        if topic not in owned.sources:
            raise CannotMove(f"the handover does not say where to read {topic}/{copied.partition} on")
        positions[topic], left[topic] = await _position(topics, (prefix + topic, copied.partition), owned.sources[topic])
    if left.get(REKEYED):
        raise CannotMove(
            f"{left[REKEYED]} documents on {prefix}{REKEYED}/{copied.partition} were not taken, and say where they stood on another "
            "cluster: give its end as its offset, and begin the feeds early enough that these documents are re-keyed again"
        )
    # The last offsets re-keyed from each partition are of the other cluster; nothing of them is under way.
    head = msgspec.structs.replace(
        copied.head,
        turn=copied.head.turn + 1,
        positions=positions,
        topic_ids=_ids(moved, topic_ids),
        rekeyed_through={},
        format=FORMAT,
    )
    return copied._replace(head=head, left=left, done=False)


async def _position(topics: Topics, place: tuple[str, int], tail: Tail) -> tuple[int, int]:
    """The offset of the first record that was not taken, and how many there are. Raises CannotMove."""
    earliest, end = await topics.span(place)
    name = f"{place[0]}/{place[1]}"
    if tail.offset is not None:
        if not earliest <= tail.offset <= end:
            raise CannotMove(f"{name} has offsets {earliest} to {end}: {tail.offset} is not there")
        return tail.offset, await topics.count(place, tail.offset, end)
    start, there = await _last(topics, place, tail.records, earliest, end)
    digest = Digest()
    position = end
    passed_over = there - tail.records
    if passed_over < 0:
        raise CannotMove(
            f"{name} has {there} records, and its last {tail.records} are to be compared: it was not copied to its end"
        )
    async for record in topics.records(place, start, end):
        if passed_over:
            passed_over -= 1
            continue
        not_taken = digest.records >= tail.records - tail.left
        if not_taken:
            position = min(position, record.offset)
        digest.add(record, with_time=not_taken)
    if digest.hex() != tail.digest:
        raise CannotMove(
            f"{name} does not end with the {tail.records} records that it ended with where it was left (the last {tail.left}, which were "
            "not taken, with their timestamps): copy it to its end, when nobody writes to either"
        )
    return position, tail.left


async def _last(topics: Topics, place: tuple[str, int], wanted: int, earliest: int, end: int) -> tuple[int, int]:
    """An offset from which on at least so many records follow, if there are so many, and how many do: offsets have gaps."""
    back = wanted
    while True:
        start = max(earliest, end - back)
        there = await topics.count(place, start, end)
        if there >= wanted or start == earliest:
            return start, there
        back *= 2
