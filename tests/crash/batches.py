"""Who wrote what: the batches of the changelog as they stand there, each with its producer and the keys of its records."""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from broker.client.client import open_client
from broker.client.connection import Connection
from broker.client.epochs import UNKNOWN
from broker.client.offsets import EARLIEST, LATEST, Place, leaders, offsets
from broker.client.produce import settled
from broker.wire.frames import LeanFetch
from broker.wire.parse import parse

# From a batch's beginning: base offset, length; and, further on, producer id and epoch.
_START = Struct(">qi")
_PRODUCER = Struct(">qh")
_PRODUCER_AT = 43
_MOST_BYTES = 16 * 2**20


class WhoWrote(NamedTuple):
    """A batch: where it begins, by which epoch of which producer, and its records' keys."""

    offset: int
    producer_id: int
    epoch: int
    keys: list[bytes | None]


async def batches(bootstrap: str, topic: str, partitions: int) -> dict[int, list[WhoWrote]]:
    """Every batch of a topic, by partition."""
    client = await open_client(Connection(bootstrap), "crash-tests")
    try:
        await settled(client, [topic])
        places: list[Place] = [(topic, partition) for partition in range(partitions)]
        firsts, ends = await offsets(client, places, EARLIEST), await offsets(client, places, LATEST)
        found: dict[int, list[WhoWrote]] = {}
        for place in places:
            position, batches = firsts[place], found.setdefault(place[1], [])
            while position < ends[place]:
                (node,) = leaders(client, [place])
                request = LeanFetch(100, _MOST_BYTES, [(topic, [(place[1], UNKNOWN, position, _MOST_BYTES)])])
                ((_, (part,)),) = (await client.send(node, request)).topics
                data = part.data
                while len(data) > _START.size and len(data) >= _START.size + (length := _START.unpack_from(data)[1]):
                    batch, data = data[: _START.size + length], data[_START.size + length :]
                    parsed = parse(batch, position, ends[place])
                    position = parsed.next_offset
                    batches.append(
                        WhoWrote(
                            _START.unpack_from(batch)[0],
                            *_PRODUCER.unpack_from(batch, _PRODUCER_AT),
                            [each.key for each in parsed.records],
                        )
                    )
        return found
    finally:
        await client.close()


def written_by_an_earlier_owner(batches: list[WhoWrote]) -> list[WhoWrote]:
    """Batches of a partition that stand behind one of a later epoch: the broker let an owner write that was none any more.

    A producer id is used up after 32,767 epochs, and the next one is higher: ids count before epochs.
    """
    newest = (-1, -1)
    strays = []
    for batch in batches:
        if (batch.producer_id, batch.epoch) < newest:
            strays.append(batch)
        newest = max(newest, (batch.producer_id, batch.epoch))
    return strays
