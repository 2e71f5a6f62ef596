"""Which node leads a partition, and where the partition begins and ends."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka.errors import KafkaError, NoError, for_code
from aiokafka.structs import TopicPartition

from broker.client.client import Client
from broker.client.epochs import Place as Place
from broker.wire.list_offsets import OffsetsRequest

EARLIEST = -2
LATEST = -1
# What a request asks for: the isolation levels of KIP-98.
_COMMITTED_ONLY, _ALL_THAT_IS_APPENDED = 1, 0


def leaders(client: Client, places: Sequence[Place]) -> dict[int, list[Place]]:
    """The partitions by the node that leads them; those without a known leader are left out, and metadata asked for."""
    found: dict[int, list[Place]] = {}
    for place in places:
        leader = client.cluster.leader_for_partition(TopicPartition(*place))
        if leader is None or leader == -1:
            client.add_topic(place[0])
            client.force_metadata_update()
        else:
            found.setdefault(leader, []).append(place)
    return found


async def offsets(client: Client, places: Sequence[Place], which: int, *, committed: bool = True) -> dict[Place, int]:
    """The EARLIEST or LATEST offset of each partition, its leaders asked side by side. The latest: where what is committed ends, as a
    fetch goes no further while a transaction is open; not `committed`: where all ends that was appended.

    Raises KafkaError where one does not answer, or leads it no more, or not yet: leaders are looked up anew by
    then, and asking again may do.
    """
    answers = await asyncio.gather(
        *(_ask(client, node, led, which, committed) for node, led in leaders(client, places).items()), return_exceptions=True
    )
    found: dict[Place, int] = {}
    for answer in answers:
        if isinstance(answer, BaseException):
            await client.force_metadata_update()
            raise answer
        found |= answer
    missing = [place for place in places if place not in found]
    if missing:
        await client.force_metadata_update()
        raise KafkaError(f"no leader for {missing}")
    return found


async def _ask(client: Client, node: int, places: Sequence[Place], which: int, committed: bool) -> dict[Place, int]:
    isolation = _COMMITTED_ONLY if committed else _ALL_THAT_IS_APPENDED
    by_topic: dict[str, list[tuple[int, int, int]]] = {}
    for place in places:
        by_topic.setdefault(place[0], []).append((place[1], client.epochs.of(place), which))
    response = await client.send(node, OffsetsRequest(isolation, list(by_topic.items())))
    found = {}
    for topic, partitions in response.topics:
        for partition, code, _, offset, _ in partitions:
            error_type = for_code(code)
            if error_type is not NoError:
                raise error_type(f"{topic}/{partition}")
            found[topic, partition] = offset
    return found
