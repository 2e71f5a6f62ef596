"""What a fetch brought, to records: every batch checked before it is read, and what cannot be read told by its place.

Nothing that stands in a partition raises here, but a codec that is missing. A batch is *damaged* where its frame, format or checksum is
not right: where it ends is then not certain, and it may have been damaged on the way. One whose checksum is right is as its producer made
it: what is then wrong with it stays so.

Records are taken out of a checked batch by aiokafka's parser, which is C and was measured at a third of the time of ours in Python; on
whatever it does not take, `record_walk` has the last word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import Enum
from struct import Struct
from typing import Final, NamedTuple

from aiokafka.record.default_records import DefaultRecordBatch
from google_crc32c import value as crc32c

from broker.wire.batch_header import (
    CHECKED_AT,
    CODEC,
    FORMAT,
    FRAME,
    FRAME_BYTES,
    HEADER,
    HEADER_BYTES,
    LOG_APPEND_TIME,
    BatchHeader,
    checked,
    next_whole,
)
from broker.wire.codecs import MAX_INFLATED_BYTES, Uninflatable, inflate
from broker.wire.record_walk import Broken, walk
from broker.wire.records import Record, UnreadableBatch
from broker.wire.transactions import Aborted, Transactions

# Of a header, what `_plain` looks at.
_unpack_plain: Final = Struct(">qi4xbIhi8xq14xi").unpack_from
_ATTRIBUTES: Final = Struct(">h")
# No topic of ours takes batches of more than 16 MiB.
MAX_BATCH_BYTES: Final = 32 * 1024 * 1024
_PLAIN: Final = (LOG_APPEND_TIME, 0)

_FIRST_BYTES: Final = 1024
_LAST_MS: Final = 253_402_300_799_999


class Damage(Enum):
    """What to do about a damaged batch: stop before it, so that it is fetched again; go on after it, where something whole follows; go on
    at the end of the partition, as nothing does.
    """

    STOP = 0
    PASS = 1
    END = 2


class Limits(NamedTuple):
    """`batch_bytes`: what a batch may inflate to. `inflate_bytes`: once so much was inflated, the rest is left for the next fetch."""

    batch_bytes: int = MAX_INFLATED_BYTES
    inflate_bytes: int = MAX_INFLATED_BYTES


LIMITS: Final = Limits()


class Parsed(NamedTuple):
    """`records`: with what is unreadable in its place. `next_offset`: where to read on. `damaged`: it stopped before a damaged batch.
    `inflated_bytes`: what compressed batches came to.
    """

    records: list[Record]
    unreadable: list[UnreadableBatch]
    next_offset: int
    damaged: bool
    inflated_bytes: int


def parse(
    data: bytes,
    from_offset: int,
    end_offset: int,
    aborted: Sequence[Aborted] = (),
    damage: Damage = Damage.STOP,
    gapless: bool = False,
    limits: Limits = LIMITS,
) -> Parsed:
    """The committed records of a fetched response. A batch that the response cut off is left for the next fetch.

    `end_offset`: where what may be read ends. `aborted`: the transactions whose records are left out. `gapless`: the topic is not
    compacted, so that every offset is there. Raises CodecMissing.
    """
    records, next_offset, at = _plain(data, from_offset)
    if at == len(data):
        return Parsed(records, [], next_offset, False, 0)
    return _Parser(data, from_offset, records, next_offset, at, end_offset, aborted, damage, gapless, limits).run()


def first_batch_bytes(data: bytes) -> int:
    """How many bytes the first batch of a response needs, 0 if not even that can be told. More than came: fetch with more."""
    return 0 if len(data) < FRAME_BYTES else FRAME_BYTES + int(FRAME.unpack_from(data)[1])


def _plain(data: bytes, next_offset: int) -> tuple[list[Record], int, int]:
    """The records of the batches of which there is nothing to say, as nearly all are: whole, where they are expected, neither
    compressed nor of a transaction. With the offset that follows them, and where the first of another kind begins.
    """
    records: list[Record] = []
    append = records.append
    at, size = 0, len(data)
    while at + HEADER_BYTES <= size:
        base_offset, length, format_, checksum, attributes, last_delta, appended_ms, count = _unpack_plain(data, at)
        end = at + FRAME_BYTES + length
        if (
            base_offset != next_offset
            or attributes not in _PLAIN
            or format_ != FORMAT
            or not at + HEADER_BYTES < end <= size
            or not 0 < count == last_delta + 1
            or crc32c(data[at + CHECKED_AT : end]) != checksum
        ):
            break
        taken = len(records)
        try:
            # Whatever offsets the records themselves say, they have those that the broker gave the batch.
            if attributes:
                for record in DefaultRecordBatch(data[at:end]):
                    append(Record(next_offset, appended_ms, record.key, record.value, record.headers))
                    next_offset += 1
            else:
                for record in DefaultRecordBatch(data[at:end]):
                    append(Record(next_offset, record.timestamp, record.key, record.value, record.headers))
                    next_offset += 1
        except Exception:
            # Whatever it is that it does not take: `record_walk` says.
            del records[taken:]
            next_offset = base_offset
            break
        at = end
    return records, next_offset, at


class _Parser:
    """What came of one partition, batch after batch, and whatever may be wrong with it."""

    def __init__(
        self,
        data: bytes,
        from_offset: int,
        records: list[Record],
        next_offset: int,
        at: int,
        end_offset: int,
        aborted: Sequence[Aborted],
        damage: Damage,
        gapless: bool,
        limits: Limits,
    ) -> None:
        """`at`: what is before it was taken, and gave the `records`."""
        self._data = data
        self._from_offset = from_offset
        self._at = at
        self._end_offset = end_offset
        self._transactions = Transactions(aborted)
        self._damage = damage
        self._gapless = gapless
        self._limits = limits
        self._records = records
        self._unreadable: list[UnreadableBatch] = []
        self._next_offset = next_offset
        self._inflated_bytes = 0

    def run(self) -> Parsed:
        """Takes all that there is, or stops before what is damaged. Raises CodecMissing."""
        data, damage = self._data, self._damage
        damaged = False
        while self._at + FRAME_BYTES <= len(data):
            at = self._at
            end = at + FRAME_BYTES + FRAME.unpack_from(data, at)[1]
            if len(data) < end <= at + MAX_BATCH_BYTES and (at or damage is Damage.STOP):
                break
            batch = checked(data, at, end)
            if batch is None or self._misplaced(batch):
                damaged = not self._pass_damage(end)
                if damaged:
                    break
            elif self._inflated_bytes >= self._limits.inflate_bytes and batch.attributes & CODEC:
                break
            else:
                self._take(batch, end)
        return Parsed(self._records, self._unreadable, self._next_offset, damaged, self._inflated_bytes)

    def _take(self, batch: BatchHeader, end: int) -> None:
        """Takes a batch whose checksum is right: its records, or itself where they cannot be read. Raises CodecMissing."""
        at, next_offset = self._at, self._next_offset
        after = batch.base_offset + batch.last_delta + 1
        body = memoryview(self._data)[at:end]
        try:
            if not self._transactions.leave_out(batch, body) and after > next_offset:
                if batch.attributes & CODEC:
                    body = self._inflate(body, batch)
                listed = _records_of(body, batch)
                if batch.base_offset < next_offset:
                    listed = [record for record in listed if record.offset >= next_offset]
                self._records += listed
        except (Uninflatable, Broken) as error:
            self._give_up(end, batch.base_offset, after, str(error))
        self._next_offset = max(next_offset, after)
        self._at = end

    def _inflate(self, body: memoryview, batch: BatchHeader) -> memoryview:
        """The batch as it would stand uncompressed. Raises Uninflatable, CodecMissing."""
        header = bytearray(body[:HEADER_BYTES])
        _ATTRIBUTES.pack_into(header, CHECKED_AT, batch.attributes & ~CODEC)
        most = self._limits.batch_bytes
        try:
            inflated = inflate(batch.attributes & CODEC, body[HEADER_BYTES:], bytes(header), most)
        except Uninflatable:
            # It may have cost as much.
            self._inflated_bytes += most
            raise
        self._inflated_bytes += len(inflated)
        return inflated

    def _misplaced(self, batch: BatchHeader) -> bool:
        """Whether a batch is not where it must be: that is not in its checksum, so it is looked at once more before it is believed."""
        base_offset, last = batch.base_offset, batch.base_offset + batch.last_delta
        if base_offset == self._next_offset:
            return False
        # The first may begin before what was asked for.
        overlaps = self._next_offset > self._from_offset and base_offset < self._next_offset <= last
        odd = overlaps or (base_offset > self._next_offset and (self._gapless or last >= self._end_offset))
        return odd and (self._damage is Damage.STOP or last >= self._end_offset)

    def _pass_damage(self, end: int) -> bool:
        """Goes on after a damaged batch; False where it may not, or cannot be told where to."""
        if self._damage is Damage.STOP:
            return False
        data, next_offset = self._data, self._next_offset
        resumed = next_whole(data, self._at, end, next_offset, self._end_offset)
        if resumed < len(data):
            after = int(FRAME.unpack_from(data, resumed)[0])
        elif self._damage is Damage.END:
            after = max(self._end_offset, next_offset + 1)
        else:
            return False
        self._give_up(resumed, next_offset, after, "it is damaged: its checksum or its frame is wrong")
        self._next_offset = after
        self._at = resumed
        return True

    def _give_up(self, end: int, first_offset: int, after: int, why: str) -> None:
        """Puts the place of what cannot be read where its records would be."""
        data = self._data[self._at : end]
        # The time in its header, whether or not it is to be believed; a time at least.
        said_ms = HEADER.unpack_from(data)[8] if len(data) >= HEADER_BYTES else 0
        last = after - 1
        piece = UnreadableBatch(
            last,
            max(0, min(int(said_ms), _LAST_MS)),
            None,
            None,
            [],
            first_offset,
            len(data),
            hashlib.sha256(data).hexdigest(),
            data[:_FIRST_BYTES],
            f"the batch from offset {first_offset} to {last} cannot be read: {why}",
        )
        self._records.append(piece)
        self._unreadable.append(piece)


def _records_of(body: memoryview, batch: BatchHeader) -> list[Record]:
    """The records of a batch that was checked, and is not compressed. Raises Broken."""
    count, base_offset = batch.records, batch.base_offset
    # One time for a whole batch: the broker's, at which it was appended.
    appended_ms = batch.last_ms if batch.attributes & LOG_APPEND_TIME else None
    try:
        listed = [
            Record(
                record.offset, record.timestamp if appended_ms is None else appended_ms, record.key, record.value, record.headers
            )
            for record in DefaultRecordBatch(body)
        ]
    except Exception:
        # Whatever it is that it does not take.
        listed = walk(body[HEADER_BYTES:], count, base_offset, batch.first_ms, appended_ms)
    if count == batch.last_delta + 1 and len(listed) == count:
        # It was not compacted: whatever offsets the records themselves say, they have those that the broker gave the batch.
        for offset, record in enumerate(listed, base_offset):
            record.offset = offset
        return listed
    before = base_offset - 1
    for record in listed:
        if not before < record.offset <= base_offset + batch.last_delta:
            raise Broken(f"the records are not in the order of their offsets: {record.offset} follows {before}")
        before = record.offset
    return listed
