"""Orders and other documents seen, by the digests of their keys: compact, expiring a day at a time.

They outnumber members by far, so nothing here is an object of its own: entries are rows of bytes in a day's arenas (day.py), which an
index finds (index.py). What a turn adds is one chunk of rows and slots, which is also how it stands in the changelog (chunk.py). Of
entries with the same digest the newest holds: so an order is amended.

The index stands in the changelog as well, so that what is read back need not be taken apart: bit by bit, some of it with every turn, in
proportion to the orders that come and go. Only the chunks of turns after a part was written are put into that part one by one.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from tables.orders.chunk import (
    CHUNK_FORMAT,
    CHUNK_FORMAT_BEFORE,
    ORIGIN_BYTES,
    Entry,
    entries_before,
    origin_at,
    packed,
    record_at,
    rows_of,
    unpacked,
)
from tables.orders.day import ARENA_BYTES, Day
from tables.orders.index import GROUP_BITS, Index, group_turn
from tables.orders.slots import BY_SECOND, PLACE, PLACE_BYTES, SLOT, SLOT_BYTES, lowest_bits, slots_of

_from_bytes: Final = int.from_bytes
_PATTERN_BYTES: Final = SLOT_BYTES - PLACE_BYTES
# How much of the index is looked after and written: for each slot that comes three slots, for each that goes one. So all of it is, four
# times while an order is kept: when it is read back, an eighth of the slots must be put into it one by one, which is most of that work.
_SLOTS_AN_ADDED: Final = 3
# Of one turn, and a group more: so that the end of a day is no pause.
MAX_INDEX_BYTES_A_TURN: Final = 256 * 1024
# Less than this is not worth a small turn's time; it is owed until it is more.
LEAST_INDEX_BYTES_A_TURN: Final = 1024
# While groups are read back: after how many it is looked which slots are in all of them.
_GROUPS_BETWEEN: Final = 256
# What a record takes beside its value.
_RECORD_BYTES: Final = 64
# A smaller group is taken for one of so many: it is as much work. An index whose groups are smaller is read back at once, however much
# of it is put together anew.
_LEAST_GROUP_BYTES: Final = 512


class OrderStore:
    """Entries of one partition. Staged entries are found at once, and kept or forgotten with their turn."""

    def __init__(
        self, group_bits: int = GROUP_BITS, arena_bytes: int = ARENA_BYTES, least_index_bytes: int = LEAST_INDEX_BYTES_A_TURN
    ) -> None:
        """The limits are those of the program; tests have smaller ones."""
        self._days: dict[int, Day] = {}
        self._arena_bytes = arena_bytes
        self._least_index_bytes = least_index_bytes
        self._index = Index(group_bits)
        # The turn in hand: its newest record by digest, and its entries in their order.
        self._staged: dict[bytes, bytes] = {}
        self.entries: list[Entry] = []
        # Of these, by the second digest, the own one: of so many of them as somebody asked for.
        self._staged_origins: dict[bytes, bytes] = {}
        self._with_origins = 0
        self.staged_bytes = 0
        # Bytes of the index that are to be looked after, and the group that is next.
        self._owed = 0
        # Whether that is worth a turn's time.
        self.owes_index = False
        self._next_group = 0
        # While the changelog is read back: its groups, and the slots of turns that may not be in all of them.
        self._groups: dict[int, bytes] = {}
        self._read_slots: deque[tuple[int, bytes]] = deque()

    def find(self, digest: bytes) -> bytes | None:
        """The newest record under a digest; None where there is none."""
        staged = self._staged.get(digest)
        if staged is not None:
            return staged
        pattern = digest[PLACE_BYTES:]
        # As the index's `bucket`, without a call: every order is looked for.
        upper = _from_bytes(pattern, "big")
        index = self._index
        at = upper & index.mask
        if at < index.split:
            at = upper & index.wide_mask
        bucket = index.buckets[at]
        # Asked whether bytes are in it, `in` would make an exception first.
        if bucket.rfind(pattern) < 0:
            return None
        kept = self._kept(digest, pattern, bucket)
        return None if kept is None else kept[0]

    def may_have(self, digest: bytes, second: bytes | None) -> bool:
        """Whether there may be a record under a digest, or under a second one: of most there is none, which is told at once."""
        staged, index = self._staged, self._index
        mask, split, buckets = index.mask, index.split, index.buckets
        pattern = digest[PLACE_BYTES:]
        # As `find`.
        upper = _from_bytes(pattern, "big")
        at = upper & mask
        if at < split:
            at = upper & index.wide_mask
        if digest in staged or buckets[at].rfind(pattern) >= 0:
            return True
        if second is None:
            return False
        pattern = second[PLACE_BYTES:]
        upper = _from_bytes(pattern, "big")
        at = upper & mask
        if at < split:
            at = upper & index.wide_mask
        return second in staged or buckets[at].rfind(pattern) >= 0

    def origin(self, second: bytes) -> bytes | None:
        """Of the newest entry that is found by a second digest, the first ORIGIN_BYTES of its own one; None where there is none."""
        for own, other, _ in self.entries[self._with_origins :]:
            if other is not None:
                self._staged_origins[other] = own
        self._with_origins = len(self.entries)
        staged = self._staged_origins.get(second)
        if staged is not None:
            return staged[:ORIGIN_BYTES]
        pattern = second[PLACE_BYTES:]
        kept = self._kept(second, pattern, self._index.bucket(pattern))
        return None if kept is None else origin_at(*kept[1:])

    def _kept(self, digest: bytes, pattern: bytes, bucket: bytes) -> tuple[bytes, bytearray, int] | None:
        """The newest record of a bucket under a digest, and the rows and the offset in them where it stands."""
        end = len(bucket)
        while (at := bucket.rfind(pattern, 0, end)) >= 0:
            end = at + _PATTERN_BYTES - 1
            if at % SLOT_BYTES != PLACE_BYTES:
                continue
            number, arena, place = PLACE.unpack_from(bucket, at - PLACE_BYTES)
            offset = place & ~BY_SECOND
            day = self._days.get(number)
            # A slot of a day that has expired, or of what has been deleted of one, is left until its group is next looked after.
            if day is None or arena >= len(day.arenas) or offset >= len(day.arenas[arena]):
                continue
            rows = day.arenas[arena]
            record = record_at(rows, offset, place != offset, digest)
            if record is not None:
                return record, rows, offset
        return None

    def stage(self, digest: bytes, second: bytes | None, record: bytes) -> None:
        """Adds an entry to the turn in hand, to be found by its digest and by a second one, where there is one."""
        self._staged[digest] = record
        if second is not None:
            self._staged[second] = record
        self.entries.append((digest, second, record))
        self.staged_bytes += len(record)

    def roll_back(self, mark: int) -> None:
        """Drops what the turn in hand has added since it had so many entries."""
        if len(self.entries) == mark:
            return
        kept = self.entries[:mark]
        self.forget_staged()
        for entry in kept:
            self.stage(*entry)

    def forget_staged(self) -> None:
        """Drops what the turn in hand has added."""
        self._staged.clear()
        self.entries.clear()
        self._staged_origins.clear()
        self._with_origins = 0
        self.staged_bytes = 0

    def seal(self, day: int, turn: int) -> bytes:
        """Keeps what the turn added, under its day and number; the chunk for the changelog, empty where nothing was added."""
        if not self.entries:
            return b""
        slots, rows = self.keep(day, turn)
        self._owe(_SLOTS_AN_ADDED * len(slots))
        return packed(slots, rows)

    def keep(self, day: int, turn: int) -> tuple[bytes, bytes]:
        """Keeps what the turn added, where there is no changelog; its slots and rows."""
        slots, rows = self._keep(day, turn, CHUNK_FORMAT, self.entries)
        self.forget_staged()
        self._index.add(slots)
        return slots, rows

    def _keep(self, day: int, turn: int, chunk_format: int, entries: list[Entry]) -> tuple[bytes, bytes]:
        """Adds entries to their day; their slots and rows."""
        kept = self._day(day)
        arena, start = kept.room()
        rows, digests, offsets = rows_of(entries, start)
        kept.add(rows, turn, chunk_format)
        return slots_of(digests, day & 0xFFFF, arena, offsets), rows

    def _day(self, day: int) -> Day:
        number = day & 0xFFFF
        kept = self._days.get(number)
        if kept is None:
            kept = self._days[number] = Day(self._arena_bytes)
        return kept

    def expire(self, before_day: int, most: int) -> list[tuple[int, int, int]]:
        """Drops days before `before_day`; (day, turn, format) of chunks to be deleted from the changelog, at most about `most` at a time.

        A day whose chunks are not all listed yet stays until it is, and is dropped with the last.
        """
        listed: list[tuple[int, int, int]] = []
        # Days were added as they came, so that the first is the oldest.
        while self._days and len(listed) < most:
            number = next(iter(self._days))
            # Days are kept modulo 2**16: those up to half of that behind are before.
            behind = (before_day - number) & 0xFFFF
            if not 0 < behind < 0x8000:
                break
            day = self._days[number]
            while len(listed) < most and (chunk := day.next_to_delete()):
                listed.append((before_day - behind, *chunk))
            if len(listed) < most:
                size = sum(each.size() for each in self._days.values())
                self._owe(self.index_bytes() * day.size() // size)
                del self._days[number]
        return listed

    def _owe(self, bytes_of_index: int) -> None:
        """So much more of the index is to be looked after."""
        self._owed += bytes_of_index
        self.owes_index = self._owed >= self._least_index_bytes

    def look_after_index(self, turn: int) -> list[tuple[int, bytes]]:
        """Drops what has expired from some groups of the index, as many as are owed; (group, value) each for the changelog, as it stands
        after this turn.
        """
        written: list[tuple[int, bytes]] = []
        if not self.owes_index:
            return written
        index = self._index
        # Never more than all of it.
        self._owed = min(self._owed, max(self.index_bytes(), index.groups * _LEAST_GROUP_BYTES) + index.groups * _RECORD_BYTES)
        left = most = min(self._owed, MAX_INDEX_BYTES_A_TURN)
        while left > 0:
            group = self._next_group
            index.look_after(group, self._days, next(iter(self._days), 0))
            value = index.written(group, turn)
            written.append((group, value))
            left -= max(len(value), _LEAST_GROUP_BYTES) + _RECORD_BYTES
            self._next_group = (group + 1) % index.groups
        self._owe(left - most)
        return written

    def load(self, day: int, turn: int, chunk_format: int, chunk: bytes) -> None:
        """Adds a chunk read back from the changelog, to be found after `loaded`. Chunks must come in the order of their turns.

        Raises ValueError, struct.error for what is no such chunk.
        """
        if chunk_format == CHUNK_FORMAT_BEFORE:
            slots, _ = self._keep(day, turn, chunk_format, entries_before(chunk))
        elif chunk_format == CHUNK_FORMAT:
            slots, rows, place = unpacked(chunk)
            kept = self._day(day)
            if place != (here := (day & 0xFFFF, *kept.room())):
                raise ValueError(f"the chunk of turn {turn} stands at {here}, and was at {place}")
            kept.add(rows, turn, chunk_format)
        else:
            raise ValueError(f"a chunk of format {chunk_format}")
        self._read_slots.append((turn, slots))

    def load_group(self, group: int, data: bytes) -> None:
        """Takes a group of the index read back from the changelog; the newest of each holds. Raises ValueError, struct.error."""
        group_turn(data)
        self._groups[group] = data
        if group % _GROUPS_BETWEEN == 0 and len(self._groups) == self._index.groups:
            self._drop_read(min(map(group_turn, self._groups.values())))

    def _drop_read(self, turn: int) -> None:
        """Slots up to a turn are in every group."""
        while self._read_slots and self._read_slots[0][0] <= turn:
            self._read_slots.popleft()

    def loaded(self) -> None:
        """All that the changelog holds has been read: makes the index of it. Raises ValueError, struct.error."""
        index = self._index
        through = index.restore(self._groups)
        self._next_group = through.index(min(through))
        self._drop_read(min(through))
        last, of = max(through), index.groups - 1
        for turn, slots in self._read_slots:
            if turn <= last:
                split = zip(lowest_bits(slots), SLOT.iter_unpack(slots), strict=True)
                slots = b"".join([slot for bits, (slot,) in split if through[bits & of] < turn])
            index.add(slots)
        self._read_slots.clear()

    def bytes_kept(self) -> int:
        """Bytes of arenas and index, without the interpreter's own overhead."""
        return sum(day.size() for day in self._days.values()) + self.index_bytes()

    def index_bytes(self) -> int:
        """Bytes of the index, of what is kept and of what has expired and not been dropped yet."""
        return self._index.slots * SLOT_BYTES

    def slots_a_bucket(self) -> float:
        """How full the index is, on average."""
        return self._index.slots / len(self._index.buckets)
