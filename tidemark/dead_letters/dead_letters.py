"""Dead letters: read from their topic to its present end, and sent again to where they came from (spec 1.6)."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import NamedTuple

import msgspec
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from broker.client.connection import BrokerUnavailable
from broker.client.fetch import EARLIEST, LATEST, Fetcher, PositionLost
from broker.client.produce import Identity, Producer, Write
from broker.wire.batches import build, encode_headers, entry
from broker.wire.records import Headers, Record
from rules.times import epoch_ms
from sinks.topics.formats import DeadLetter
from streams.decode import Limits, Malformed, decode
from streams.routing import RECEIVED_HEADER, partition_of
from streams.topics import DEAD_LETTERS, GIFTS, REKEYED, SOURCES

_DEADLINE_SECONDS = 30.0
_RETRY_SECONDS = 0.2
_FETCH_BYTES = 4 * 1024 * 1024
_WAIT_MS = 100
_NO_LIMITS = Limits(2**63, 2**63)
# On a note among the dead letters: the id of the document that was sent again.
RESENT_HEADER = "tidemark-resent"

_decode_letter = msgspec.json.Decoder(DeadLetter).decode
_encode_letter = msgspec.json.Encoder().encode


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
        """The document's bytes, as they came."""
        if self.letter.raw_base64 is not None:
            return base64.b64decode(self.letter.raw_base64)
        return (self.letter.raw or "").encode()


class Resent(NamedTuple):
    """That a document was sent again."""

    id: str


class NotResendable(Exception):
    """A letter that cannot be sent again; the message says why."""


async def read_letters(client: AIOKafkaClient, topic: str) -> AsyncIterator[Letter | Resent]:
    """Every dead letter that stands on the topic now, and every note that one was sent again, in each partition's order.

    After a crash a letter may be there twice, with the same id. Raises BrokerUnavailable.
    """
    fetcher = Fetcher(client, _FETCH_BYTES, _FETCH_BYTES)
    for partition in sorted(client.cluster.partitions_for_topic(topic) or ()):
        place = (topic, partition)
        position = await _offset(fetcher, place, EARLIEST)
        end = await _offset(fetcher, place, LATEST)
        give_up_at = time.monotonic() + _DEADLINE_SECONDS
        while position < end:
            try:
                (node,) = fetcher.leaders([place]) or (None,)
                fetched = [] if node is None else await fetcher.fetch(node, {place: position}, _WAIT_MS)
            except PositionLost:
                position = await _offset(fetcher, place, EARLIEST)
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


class Resender:
    """Sends documents again, one at a time: acknowledged when `send` returns."""

    def __init__(self, client: AIOKafkaClient, identity: Identity, prefix: str) -> None:
        """`prefix`: of the topics."""
        self._client = client
        self._identity = identity
        self._prefix = prefix
        self._producer = Producer(client, _DEADLINE_SECONDS)

    async def send(self, letter: Letter, mended: bytes | None = None) -> str:
        """Produces the document, or the mended bytes in its place, to the feed that it came from; the topic/partition it went to.

        It keeps when it was first received. That it was sent is noted beside its letter, after it: when that fails, it is sent once
        more at most, and spec 1.4 has it count once. Raises NotResendable; WriteFailed, after which nothing more can be sent.
        """
        feed = letter.id.partition("/")[0]
        raw = letter.raw if mended is None else mended
        if feed not in (*SOURCES, GIFTS) or feed == REKEYED:
            raise NotResendable(f"{letter.id}: there is no feed {feed!r}")
        if not raw:
            raise NotResendable(f"{letter.id}: the record had no value; give a mended document with --file")
        topic = self._prefix + feed
        partitions = len(self._client.cluster.partitions_for_topic(topic) or ())
        if not partitions:
            raise NotResendable(f"{letter.id}: topic {topic} is not there")
        member_id = _member_of(feed, raw)
        partition = _partition_in(letter.id) % partitions if member_id is None else partition_of(member_id, partitions)
        received_ms = epoch_ms(datetime.fromisoformat(letter.letter.received_at))
        key = None if member_id is None else member_id.encode()
        await self._write(topic, partition, key, raw, [(RECEIVED_HEADER, b"%d" % received_ms)])
        note = DeadLetter("resent", f"to {feed}/{partition}", letter.id, letter.letter.received_at)
        headers: Headers = [
            ("ce_specversion", b"1.0"),
            ("ce_type", b"tidemark.document.resent"),
            ("ce_source", b"/tidemark/dead-letters"),
            ("ce_id", f"{letter.id}/resent".encode()),
            ("content-type", b"application/json"),
            (RESENT_HEADER, letter.id.encode()),
        ]
        await self._write(self._prefix + DEAD_LETTERS, letter.partition, None, _encode_letter(note), headers)
        return f"{feed}/{partition}"

    async def _write(self, topic: str, partition: int, key: bytes | None, value: bytes, headers: Headers) -> None:
        identity = self._identity
        sequence = identity.take(topic, partition, 1)
        batch = build(
            [entry(key, value, encode_headers(headers))], int(time.time() * 1000), identity.producer_id, identity.epoch, sequence
        )
        await self._producer.send([Write(topic, partition, batch.data, batch.records)])


def _found(partition: int, record: Record) -> Letter | Resent | None:
    for name, value in record.headers:
        if name == RESENT_HEADER and value is not None:
            return Resent(value.decode(errors="replace"))
    try:
        return None if record.value is None else Letter(partition, record.timestamp_ms, _decode_letter(record.value))
    except msgspec.DecodeError:
        # Not of our making.
        return None


def _member_of(feed: str, raw: bytes) -> str | None:
    """The member of a document; None where there is none, or it cannot be read."""
    try:
        return decode(feed, raw, _NO_LIMITS).member_id
    except Malformed:
        return None


def _partition_in(source: str) -> int:
    number = source.split("/")[1] if source.count("/") >= 2 else ""
    return int(number) if number.isdecimal() and len(number) < 10 else 0


async def _offset(fetcher: Fetcher, place: tuple[str, int], which: int) -> int:
    give_up_at = time.monotonic() + _DEADLINE_SECONDS
    while True:
        try:
            return (await fetcher.offsets([place], which))[place]
        except KafkaError as error:
            if time.monotonic() > give_up_at:
                raise BrokerUnavailable(f"{place[0]}/{place[1]} cannot be read: {error}") from error
            await asyncio.sleep(_RETRY_SECONDS)
