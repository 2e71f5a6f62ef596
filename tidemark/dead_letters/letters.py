"""Dead letters as they stand on their topic, read to its present end (spec 1.6)."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from typing import NamedTuple

import msgspec
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from broker.client.connection import BrokerUnavailable
from broker.client.fetch import Fetcher, PositionLost
from broker.client.offsets import EARLIEST, LATEST, leaders, offsets
from broker.client.retries import patiently
from broker.wire.records import Record
from sinks.topics.formats import DeadLetter

_DEADLINE_SECONDS = 30.0
_RETRY_SECONDS = 0.2
_FETCH_BYTES = 4 * 1024 * 1024
_WAIT_MS = 100
# On a note among the dead letters: the id of the document that was sent again.
RESENT_HEADER = "tidemark-resent"

_decode_letter = msgspec.json.Decoder(DeadLetter).decode


class Letter(NamedTuple):
    """A dead letter, and the partition and time (epoch ms) at which it stands on its topic. Its id is where the document first stood."""

    partition: int
    refused_ms: int
    letter: DeadLetter

    @property
    def id(self) -> str:
        """topic/partition/offset of the document."""
        return self.letter.source

    @property
    def raw(self) -> bytes:
        """The document's bytes, as they came; the first of them where the letter is truncated."""
        if self.letter.raw_base64 is not None:
            return base64.b64decode(self.letter.raw_base64)
        return (self.letter.raw or "").encode()

    @property
    def length(self) -> int:
        """How many bytes the document has, or the batch that could not be read."""
        return len(self.raw) if self.letter.length is None else self.letter.length


def where_it_is(letter: Letter) -> str:
    """What a letter that does not hold its document whole says of it."""
    topic, _, place = letter.id.partition("/")
    partition, _, offset = place.partition("/")
    whole = letter.letter
    if whole.last_offset is None:
        what = f"of the document, {whole.length} bytes, the letter holds the first {len(letter.raw)}"
        records = f"offset {offset}"
    else:
        what = f"the records could not be read: the letter holds the first {len(letter.raw)} of the {whole.length} bytes of their batch"
        records = f"offsets {offset} to {whole.last_offset}"
    return f"{what}; the whole stands at {records} of {topic}, partition {partition}, while the topic's retention keeps it"


class Resent(NamedTuple):
    """That a document was sent again."""

    id: str


async def read_letters(client: AIOKafkaClient, topic: str) -> AsyncIterator[Letter | Resent]:
    """Every dead letter that stands on the topic now, and every note that one was sent again, in each partition's order.

    After a crash a letter may be there twice, with the same id. Raises BrokerUnavailable.
    """
    fetcher = Fetcher(client, _FETCH_BYTES, _FETCH_BYTES)
    for partition in sorted(client.cluster.partitions_for_topic(topic) or ()):
        place = (topic, partition)
        position = await _offset(client, place, EARLIEST)
        end = await _offset(client, place, LATEST)
        give_up_at = time.monotonic() + _DEADLINE_SECONDS
        while position < end:
            try:
                (node,) = leaders(client, [place]) or (None,)
                fetched = [] if node is None else await fetcher.fetch(node, {place: position}, _WAIT_MS)
            except PositionLost:
                position = await _offset(client, place, EARLIEST)
                continue
            except KafkaError as error:
                if time.monotonic() > give_up_at:
                    raise BrokerUnavailable(f"{topic}/{partition} cannot be read: {error}") from error
                fetched = []
            if not fetched:
                await asyncio.sleep(_RETRY_SECONDS)
            for part in fetched:
                give_up_at = time.monotonic() + _DEADLINE_SECONDS
                position = part.next_offset
                for record in part.records:
                    if (found := _found(partition, record)) is not None:
                        yield found


def _found(partition: int, record: Record) -> Letter | Resent | None:
    for name, value in record.headers:
        if name == RESENT_HEADER and value is not None:
            return Resent(value.decode(errors="replace"))
    try:
        return None if record.value is None else Letter(partition, record.timestamp_ms, _decode_letter(record.value))
    except msgspec.DecodeError:
        # Not of our making.
        return None


async def _offset(client: AIOKafkaClient, place: tuple[str, int], which: int) -> int:
    found = await patiently(
        lambda: offsets(client, [place], which), f"where {place[0]}/{place[1]} begins and ends", _DEADLINE_SECONDS
    )
    return found[place]
