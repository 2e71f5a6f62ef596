"""Documents among the dead letters, sent again to the feed that they came from (spec 1.6)."""

from __future__ import annotations

import time
from datetime import datetime

import msgspec
from aiokafka.client import AIOKafkaClient

from broker.client.produce import Identity, Producer, Write
from broker.wire.batches import build, encode_headers, entry
from broker.wire.records import Headers
from rules.times import epoch_ms
from sinks.topics.formats import DeadLetter
from streams.decode import ANY_ZONE, NO_LIMITS, Malformed, decode
from streams.feeds.feed import PassedOver
from streams.routing import RECEIVED_HEADER, partition_of
from streams.topics import DEAD_LETTERS, GIFTS, NOTIFICATIONS, REKEYED, RELEASES, SOURCES
from tidemark.dead_letters.letters import RESENT_HEADER, Letter, where_it_is

_DEADLINE_SECONDS = 30.0

# What goes to sinks, which may refuse it.
SUNK = (GIFTS, RELEASES, NOTIFICATIONS)

_encode_letter = msgspec.json.Encoder().encode


class NotResendable(Exception):
    """A letter that cannot be sent again; the message says why."""


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
        if mended is None and (letter.letter.truncated or letter.letter.last_offset is not None):
            raise NotResendable(
                f"{letter.id}: {where_it_is(letter)}. Have it produced again, or give a mended document with --file"
            )
        raw = letter.raw if mended is None else mended
        if feed not in (*SOURCES, *SUNK) or feed == REKEYED:
            raise NotResendable(f"{letter.id}: there is no feed {feed!r}")
        if not raw:
            raise NotResendable(f"{letter.id}: the record had no value; give a mended document with --file")
        topic = self._prefix + feed
        partitions = len(self._client.cluster.partitions_for_topic(topic) or ())
        if not partitions:
            raise NotResendable(f"{letter.id}: topic {topic} is not there")
        member_id = _member_of(raw)
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


def _member_of(raw: bytes) -> str | None:
    """The member of a document; None where there is none, or it cannot be read."""
    try:
        # Where a time without an offset is does not matter for that.
        return decode(raw, NO_LIMITS, ANY_ZONE).member_id
    except (Malformed, PassedOver):
        return None


def _partition_in(source: str) -> int:
    number = source.split("/")[1] if source.count("/") >= 2 else ""
    return int(number) if number.isdecimal() and len(number) < 10 else 0
