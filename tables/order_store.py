"""Orders and other documents seen, by a 64-bit hash of their key: compact, verified by the caller, expiring a day at a time.

They outnumber members by far, so nothing here is an object of its own: entries stand one after the other in a day's arena of bytes,
and an index finds them. An entry is hash (8 bytes), length (4), record. What a turn adds is one chunk of entries, which is also how it
stands in the changelog. A newer entry of the same hash comes before an older one: so an order is amended.

The index is a linear hash table (W. Litwin, Linear hashing, VLDB 1980) whose buckets are bytes of 12 a slot: the upper 48 bits of the
hash, by which buckets are chosen, the day (16 bits) and the entry's offset in the day's arena (32 bits). It grows by splitting one
bucket at a time, so that no single order pays for the growth, and without looking at the entries.
"""

from __future__ import annotations

from array import array
from struct import Struct

_ENTRY = Struct("<QI")
_SLOT = Struct("<HI")
_SLOT_BYTES = 12
_SLOTS_A_BUCKET = 16
_FIRST_BUCKETS = 64
# Offsets in a day's arena have 32 bits.
MAX_DAY_BYTES = 2**32 - 1

_NOTHING: tuple[bytes, ...] = ()
_NO_RECORDS: list[bytes] = []


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
        self._mask = _FIRST_BUCKETS - 1
        self._split = 0
        self._slots = 0
        self._staged: dict[int, list[bytes]] = {}
        self.count = 0

    def find(self, key_hash: int) -> tuple[bytes, ...]:
        """The records under a hash, newest first. Two keys may share a hash: the caller compares."""
        upper = key_hash >> 16
        at = upper & self._mask
        if at < self._split:
            at = upper & (2 * self._mask + 1)
        pattern = upper.to_bytes(6, "little")
        if pattern in self._buckets[at]:
            staged = self._staged.get(key_hash, _NO_RECORDS)
            return (*reversed(staged), *self._kept(key_hash, pattern, self._buckets[at]))
        if key_hash in self._staged:
            return tuple(reversed(self._staged[key_hash]))
        return _NOTHING

    def _kept(self, key_hash: int, pattern: bytes, bucket: bytes) -> list[bytes]:
        """The records of a bucket under a hash, newest first."""
        found = []
        end = len(bucket)
        while (at := bucket.rfind(pattern, 0, end)) >= 0:
            end = at + 5
            if at % _SLOT_BYTES:
                continue
            number, offset = _SLOT.unpack_from(bucket, at + 6)
            day = self._days.get(number)
            # A slot of a day that has expired is left until its bucket is next split or rebuilt.
            if day is not None and offset < len(day.arena):
                entry_hash, length = _ENTRY.unpack_from(day.arena, offset)
                if entry_hash == key_hash:
                    start = offset + _ENTRY.size
                    found.append(bytes(day.arena[start : start + length]))
        return found

    def stage(self, key_hash: int, record: bytes) -> None:
        """Adds an entry to the turn in hand."""
        staged = self._staged.get(key_hash)
        if staged is None:
            self._staged[key_hash] = [record]
        else:
            staged.append(record)

    def forget_staged(self) -> None:
        """Drops what the turn in hand has added."""
        self._staged.clear()

    def seal(self, day: int, turn: int) -> bytes:
        """Keeps what the turn added, under its day and number; the chunk for the changelog, empty where nothing was added."""
        if not self._staged:
            return b""
        pack, size = _ENTRY.pack, _ENTRY.size
        parts: list[bytes] = []
        entries: list[tuple[int, int]] = []
        at = 0
        for key_hash, records in self._staged.items():
            for record in records:
                parts.append(pack(key_hash, len(record)))
                parts.append(record)
                entries.append((key_hash, at))
                at += size + len(record)
        self._staged.clear()
        chunk = b"".join(parts)
        self._add(day, turn, chunk, entries)
        return chunk

    def load(self, day: int, turn: int, chunk: bytes) -> None:
        """Adds a chunk read back from the changelog. Chunks must come in the order of their turns."""
        entries: list[tuple[int, int]] = []
        at, end, unpack, size = 0, len(chunk), _ENTRY.unpack_from, _ENTRY.size
        while at < end:
            key_hash, length = unpack(chunk, at)
            entries.append((key_hash, at))
            at += size + length
        self._add(day, turn, chunk, entries)

    def _add(self, day: int, turn: int, chunk: bytes, entries: list[tuple[int, int]]) -> None:
        """Appends a chunk to its day's arena, and its entries (hash, offset in the chunk) to the index."""
        number = day & 0xFFFF
        kept = self._days.get(number)
        if kept is None:
            kept = self._days[number] = _Day()
        base = len(kept.arena)
        if base + len(chunk) > MAX_DAY_BYTES:
            raise OverflowError(f"more than {MAX_DAY_BYTES} bytes of orders in one day of a partition: use more partitions")
        kept.arena += chunk
        kept.turns.append(turn)
        self.count += len(entries)
        self._slots += len(entries)
        while self._slots > len(self._buckets) * _SLOTS_A_BUCKET:
            self._grow()
        buckets, mask, split = self._buckets, self._mask, self._split
        # One integer holds a whole slot: upper hash, day, offset, from its lowest byte on.
        day_bits = number << 48
        for key_hash, at in entries:
            upper = key_hash >> 16
            place = upper & mask
            if place < split:
                place = upper & (2 * mask + 1)
            buckets[place] += (upper | day_bits | (base + at) << 64).to_bytes(_SLOT_BYTES, "little")

    def _grow(self) -> None:
        """Splits the next bucket in two, leaving out the slots of days that have expired."""
        bit = self._mask + 1
        low: list[bytes] = []
        high: list[bytes] = []
        bucket = self._buckets[self._split]
        days = self._days
        for at in range(0, len(bucket), _SLOT_BYTES):
            slot = bucket[at : at + _SLOT_BYTES]
            bits = int.from_bytes(slot[:8], "little")
            if bits >> 48 not in days:
                self._slots -= 1
            elif bits & bit:
                high.append(slot)
            else:
                low.append(slot)
        self._buckets[self._split] = b"".join(low)
        self._buckets.append(b"".join(high))
        self._split += 1
        if self._split > self._mask:
            self._mask = 2 * self._mask + 1
            self._split = 0

    def expire(self, before_day: int, most: int) -> list[tuple[int, int]]:
        """Drops days before `before_day`; (day, turn) of chunks to be deleted from the changelog, at most about `most` at a time.

        A day whose chunks are not all listed yet stays until it is, and is dropped with the last.
        """
        listed: list[tuple[int, int]] = []
        for number in sorted(self._days, key=lambda number: (number - before_day) & 0xFFFF):
            # Days are kept modulo 2**16: those up to half of that behind are before.
            behind = (before_day - number) & 0xFFFF
            if not 0 < behind < 0x8000:
                continue
            day = self._days[number]
            while day.turns and len(listed) < most:
                listed.append((before_day - behind, day.turns.pop()))
            if day.turns:
                break
            del self._days[number]
        return listed

    def bytes_kept(self) -> int:
        """Bytes of arenas and index, without the interpreter's own overhead."""
        return sum(len(day.arena) for day in self._days.values()) + sum(len(bucket) for bucket in self._buckets)
