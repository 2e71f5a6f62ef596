"""Orders and other documents seen, by the digests of their keys: compact, expiring a day at a time.

They outnumber members by far, so nothing here is an object of its own: entries stand one after the other in a day's arena of bytes,
and an index finds them. An entry is digest (12 bytes), length of the record (4), the digest of a second key where it is known by one
(12, told by the length's highest bit), record. What a turn adds is one chunk of entries, which is also how it stands in the changelog.
Of entries with the same digest the newest holds: so an order is amended.

The index is a linear hash table (W. Litwin, Linear hashing, VLDB 1980) whose buckets are bytes of 12 a slot, oldest first: the first 6
of the digest, by which buckets are chosen, the day (2) and the entry's offset in the day's arena (4). It grows by splitting one bucket
at a time, so that no single order pays for the growth, and without looking at the entries. A turn's entries are added to it together:
one small loop runs faster than a piece of it an order.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import repeat
from struct import Struct

from rules.documents.content import DIGEST_BYTES

_ENTRY = Struct(f"<{DIGEST_BYTES}sI")
_ENTRY_BYTES = _ENTRY.size
_SECOND = 1 << 31
_PATTERN_BYTES = 6
_PLACE = Struct("<HI")
# Packing takes of a digest as much as a slot has.
_SLOT = Struct(f"<{_PATTERN_BYTES}sHI")
_SLOT_BYTES = _SLOT.size
_WHOLE_SLOT = Struct(f"{_SLOT_BYTES}s")
_SLOTS_A_BUCKET = 32
_FIRST_BUCKETS = 32
# Offsets in a day's arena have 32 bits.
MAX_DAY_BYTES = 2**32 - 1


class _Day:
    """What came on one day of the partition's clock."""

    __slots__ = ("arena", "turns")

    def __init__(self) -> None:
        self.arena = bytearray()
        # The turns whose chunks are in the changelog, to be deleted there when the day expires.
        self.turns = array("Q")


class OrderStore:
    """Entries of one partition. Staged entries are found at once, and kept or forgotten with their turn."""

    def __init__(self) -> None:
        self._days: dict[int, _Day] = {}
        self._buckets: list[bytes] = [b""] * _FIRST_BUCKETS
        # A bucket is chosen by the lowest bits: one more of them for those that have been split in this round.
        self._mask = _FIRST_BUCKETS - 1
        self._wide_mask = 2 * _FIRST_BUCKETS - 1
        self._split = 0
        self._slots = 0
        # The turn in hand: its newest record by digest, and its entries in their order.
        self._staged: dict[bytes, bytes] = {}
        self._entries: list[tuple[bytes, bytes | None, bytes]] = []
        self.staged_bytes = 0

    def find(self, digest: bytes) -> bytes | None:
        """The newest record under a digest; None where there is none."""
        staged = self._staged.get(digest)
        if staged is not None:
            return staged
        pattern = digest[:_PATTERN_BYTES]
        upper = int.from_bytes(pattern, "little")
        at = upper & self._mask
        if at < self._split:
            at = upper & self._wide_mask
        bucket = self._buckets[at]
        # Asked whether bytes are in it, `in` would make an exception first.
        return None if bucket.rfind(pattern) < 0 else self._kept(digest, pattern, bucket)

    def _kept(self, digest: bytes, pattern: bytes, bucket: bytes) -> bytes | None:
        """The newest record of a bucket under a digest."""
        end = len(bucket)
        while (at := bucket.rfind(pattern, 0, end)) >= 0:
            end = at + _PATTERN_BYTES - 1
            if at % _SLOT_BYTES:
                continue
            number, offset = _PLACE.unpack_from(bucket, at + _PATTERN_BYTES)
            day = self._days.get(number)
            # A slot of a day that has expired is left until its bucket is next split.
            if day is None or offset >= len(day.arena):
                continue
            arena = day.arena
            own, length = _ENTRY.unpack_from(arena, offset)
            start = offset + _ENTRY_BYTES
            known = own == digest
            if length & _SECOND:
                known = known or arena[start : start + DIGEST_BYTES] == digest
                start += DIGEST_BYTES
            if known:
                return bytes(arena[start : start + (length & ~_SECOND)])
        return None

    def stage(self, digest: bytes, second: bytes | None, record: bytes) -> None:
        """Adds an entry to the turn in hand, to be found by its digest and by a second one, where there is one."""
        self._staged[digest] = record
        if second is not None:
            self._staged[second] = record
        self._entries.append((digest, second, record))
        self.staged_bytes += len(record)

    def mark(self) -> int:
        """Where the turn in hand is now, to be rolled back to."""
        return len(self._entries)

    def roll_back(self, mark: int) -> None:
        """Drops what the turn in hand has added since then."""
        if len(self._entries) == mark:
            return
        kept = self._entries[:mark]
        self.forget_staged()
        for entry in kept:
            self.stage(*entry)

    def forget_staged(self) -> None:
        """Drops what the turn in hand has added."""
        self._staged.clear()
        self._entries.clear()
        self.staged_bytes = 0

    def seal(self, day: int, turn: int) -> bytes:
        """Keeps what the turn added, under its day and number; the chunk for the changelog, empty where nothing was added."""
        if not self._entries:
            return b""
        pack = _ENTRY.pack
        parts: list[bytes] = []
        found: list[bytes] = []
        offsets: list[int] = []
        at = 0
        for digest, second, record in self._entries:
            length = len(record)
            found.append(digest)
            offsets.append(at)
            if second is None:
                parts += (pack(digest, length), record)
                at += _ENTRY_BYTES + length
            else:
                found.append(second)
                offsets.append(at)
                parts += (pack(digest, length | _SECOND), second, record)
                at += _ENTRY_BYTES + DIGEST_BYTES + length
        self.forget_staged()
        chunk = b"".join(parts)
        self._add(day, turn, chunk, found, offsets)
        return chunk

    def load(self, day: int, turn: int, chunk: bytes) -> None:
        """Adds a chunk read back from the changelog. Chunks must come in the order of their turns."""
        found: list[bytes] = []
        offsets: list[int] = []
        at, end, unpack = 0, len(chunk), _ENTRY.unpack_from
        while at < end:
            digest, length = unpack(chunk, at)
            found.append(digest)
            offsets.append(at)
            start = at + _ENTRY_BYTES
            if length & _SECOND:
                found.append(chunk[start : start + DIGEST_BYTES])
                offsets.append(at)
                start += DIGEST_BYTES
            at = start + (length & ~_SECOND)
        if at != end:
            raise ValueError(f"a chunk of {end} bytes has entries of {at}")
        self._add(day, turn, chunk, found, offsets)

    def _add(self, day: int, turn: int, chunk: bytes, found: Sequence[bytes], offsets: Sequence[int]) -> None:
        """Appends a chunk to its day's arena, and to the index the digests of its entries with their offsets in the chunk."""
        number = day & 0xFFFF
        kept = self._days.get(number)
        if kept is None:
            kept = self._days[number] = _Day()
        base = len(kept.arena)
        if base + len(chunk) > MAX_DAY_BYTES:
            raise OverflowError(f"more than {MAX_DAY_BYTES} bytes of orders in one day of a partition: use more partitions")
        kept.arena += chunk
        kept.turns.append(turn)
        self._slots += len(found)
        while self._slots > len(self._buckets) * _SLOTS_A_BUCKET:
            self._grow()
        buckets, mask, wide_mask, split = self._buckets, self._mask, self._wide_mask, self._split
        lowest = memoryview(b"".join(found)).cast("I")[:: DIGEST_BYTES // 4].tolist()
        slots = map(_SLOT.pack, found, repeat(number), [base + at for at in offsets])
        for bits, slot in zip(lowest, slots, strict=True):
            at = bits & mask
            if at < split:
                at = bits & wide_mask
            buckets[at] += slot

    def _grow(self) -> None:
        """Splits the next bucket in two, leaving out the slots of days that have expired."""
        bucket = self._buckets[self._split]
        while bucket and _PLACE.unpack_from(bucket, _PATTERN_BYTES)[0] not in self._days:
            bucket = bucket[_SLOT_BYTES:]
            self._slots -= 1
        byte, bit = divmod(self._mask.bit_length(), 8)
        low: list[bytes] = []
        high: list[bytes] = []
        for (slot,) in _WHOLE_SLOT.iter_unpack(bucket):
            (high if slot[byte] >> bit & 1 else low).append(slot)
        self._buckets[self._split] = b"".join(low)
        self._buckets.append(b"".join(high))
        self._split += 1
        if self._split > self._mask:
            self._mask = self._wide_mask
            self._wide_mask = 2 * self._mask + 1
            self._split = 0

    def expire(self, before_day: int, most: int) -> list[tuple[int, int]]:
        """Drops days before `before_day`; (day, turn) of chunks to be deleted from the changelog, at most about `most` at a time.

        A day whose chunks are not all listed yet stays until it is, and is dropped with the last.
        """
        listed: list[tuple[int, int]] = []
        # Days were added as they came, so that the first is the oldest.
        while self._days and len(listed) < most:
            number = next(iter(self._days))
            # Days are kept modulo 2**16: those up to half of that behind are before.
            behind = (before_day - number) & 0xFFFF
            if not 0 < behind < 0x8000:
                break
            day = self._days[number]
            while day.turns and len(listed) < most:
                listed.append((before_day - behind, day.turns.pop()))
            if not day.turns:
                del self._days[number]
        return listed

    def bytes_kept(self) -> int:
        """Bytes of arenas and index, without the interpreter's own overhead."""
        return sum(len(day.arena) for day in self._days.values()) + sum(len(bucket) for bucket in self._buckets)
