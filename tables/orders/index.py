"""The index of a partition's orders: a linear hash table (W. Litwin, Linear hashing, VLDB 1980) that grows and shrinks.

Buckets are bytes of slots, oldest first. One is split, or two are put together, at a time, without looking at the entries: no order
pays for a rebuild. Slots of days that have expired are passed over until their bucket is next looked after.

Buckets whose numbers share their lowest bits are a *group*. Neither growing nor shrinking moves a slot from one group to another, so
that groups are looked after, written to the changelog and read back one by one, each with the shape that it was written in.
"""

from __future__ import annotations

from array import array
from collections.abc import Container
from itertools import accumulate, pairwise
from struct import Struct
from typing import Final, NamedTuple

from tables.orders.slots import DAY, SLOT, SLOT_BYTES, lowest_bits

GROUP_BITS: Final = 10
# Slots a bucket, on average: above the first it grows, below the second it shrinks.
_FULL: Final = 32
_SPARSE: Final = 24

# Format, turn, buckets of the whole index; then the number of slots of each bucket of the group, 4 bytes each, and the slots.
_GROUP: Final = Struct("<BQI")
GROUP_FORMAT: Final = 1


class Group(NamedTuple):
    """A group as it was written: the turn up to which it is complete, how many buckets the index had, and those of the group."""

    turn: int
    of: int
    buckets: list[bytes]


class Index:
    """Slots by the lowest bits of their patterns."""

    __slots__ = ("_least", "buckets", "groups", "mask", "slots", "split", "wide_mask")

    def __init__(self, group_bits: int = GROUP_BITS) -> None:
        self.groups = 1 << group_bits
        self._least = self.groups
        self.buckets: list[bytes] = []
        # A bucket is chosen by the lowest bits: one more of them for those that have been split in this round.
        self.mask = self.wide_mask = self.split = 0
        self.slots = 0
        self._empty(self._least)

    def _empty(self, buckets: int) -> None:
        """Nothing, in the shape of so many buckets."""
        bits = buckets.bit_length() - 1
        self.mask = (1 << bits) - 1
        self.wide_mask = 2 * self.mask + 1
        self.split = buckets - (1 << bits)
        self.buckets = [b""] * buckets
        self.slots = 0

    def bucket(self, pattern: bytes) -> bytes:
        """The bucket in which a pattern's slots are."""
        upper = int.from_bytes(pattern, "big")
        at = upper & self.mask
        return self.buckets[upper & self.wide_mask if at < self.split else at]

    def add(self, slots: bytes) -> None:
        """Adds slots, newer than all that are there."""
        self.slots += len(slots) // SLOT_BYTES
        while self.slots > len(self.buckets) * _FULL:
            self._grow()
        buckets, mask, wide_mask, split = self.buckets, self.mask, self.wide_mask, self.split
        for bits, (slot,) in zip(lowest_bits(slots), SLOT.iter_unpack(slots), strict=True):
            at = bits & mask
            if at < split:
                at = bits & wide_mask
            buckets[at] += slot

    def _grow(self) -> None:
        """Splits the next bucket in two."""
        low, high = _parted(self.buckets[self.split], self.mask.bit_length())
        self.buckets[self.split] = low
        self.buckets.append(high)
        self.split += 1
        if self.split > self.mask:
            self.mask = self.wide_mask
            self.wide_mask = 2 * self.mask + 1
            self.split = 0

    def _shrink(self, days: Container[int], oldest: int) -> None:
        """Puts the last bucket together with the one that it was split from, without what has expired."""
        if not self.split:
            self.wide_mask = self.mask
            self.mask >>= 1
            self.split = self.mask + 1
        self.split -= 1
        both = self.buckets[self.split] + self.buckets.pop()
        # Slots of one digest are all from one of the two, in their order, which a stable sort keeps.
        kept = [slot for (slot,) in SLOT.iter_unpack(both) if DAY.unpack_from(slot)[0] in days]
        kept.sort(key=lambda slot: (DAY.unpack_from(slot)[0] - oldest) & 0xFFFF)
        self.buckets[self.split] = b"".join(kept)
        self.slots -= len(both) // SLOT_BYTES - len(kept)

    def look_after(self, group: int, days: Container[int], oldest: int) -> None:
        """Drops from a group the slots of days that are not among `days`, of which `oldest` is the first; shrinks where there is too much
        room, by as many buckets as two groups have.
        """
        buckets, unpack = self.buckets, DAY.unpack_from
        for at in range(group, len(buckets), self.groups):
            bucket = buckets[at]
            if bucket and unpack(bucket)[0] not in days:
                end = len(bucket)
                start = SLOT_BYTES
                while start < end and unpack(bucket, start)[0] not in days:
                    start += SLOT_BYTES
                buckets[at] = bucket[start:]
                self.slots -= start // SLOT_BYTES
        for _ in range(2 * len(buckets) // self.groups):
            if self.slots >= len(buckets) * _SPARSE or len(buckets) == self._least:
                break
            self._shrink(days, oldest)

    def written(self, group: int, turn: int) -> bytes:
        """A group as it stands after a turn, for the changelog."""
        buckets = self.buckets[group :: self.groups]
        sizes = array("I", [len(bucket) // SLOT_BYTES for bucket in buckets])
        return b"".join((_GROUP.pack(GROUP_FORMAT, turn, len(self.buckets)), sizes.tobytes(), *buckets))

    def restore(self, written: dict[int, bytes]) -> array[int]:
        """Becomes what was written, group by group, which it takes out of `written`; up to which turn each group is complete, 0: none.

        Raises ValueError, struct.error for what is no such group.
        """
        through = array("Q", bytes(8 * self.groups))
        self._empty(max((_GROUP.unpack_from(data)[2] for data in written.values()), default=self._least))
        while written:
            number, data = written.popitem()
            group = read_group(number, self.groups, data)
            through[number] = group.turn
            for at in range(number + len(group.buckets) * self.groups, len(self.buckets), self.groups):
                bits = at.bit_length() - 1
                parent = (at - (1 << bits)) // self.groups
                group.buckets[parent], high = _parted(group.buckets[parent], bits)
                group.buckets.append(high)
            self.buckets[number :: self.groups] = group.buckets
            self.slots += sum(map(len, group.buckets)) // SLOT_BYTES
        return through


def group_turn(data: bytes) -> int:
    """Up to which turn a group that was written is complete. Raises ValueError, struct.error."""
    read_format, turn, _ = _GROUP.unpack_from(data)
    if read_format != GROUP_FORMAT:
        raise ValueError(f"an index of format {read_format}")
    return int(turn)


def read_group(number: int, groups: int, data: bytes) -> Group:
    """A group that was written. Raises ValueError, struct.error."""
    turn, of = group_turn(data), _GROUP.unpack_from(data)[2]
    count = len(range(number, of, groups))
    start = _GROUP.size + 4 * count
    sizes = memoryview(data)[_GROUP.size : start].cast("I")
    ends = list(accumulate(sizes, lambda at, size: at + size * SLOT_BYTES, initial=start))
    if number >= groups or of < groups or len(sizes) != count or ends[-1] != len(data):
        raise ValueError(f"group {number} of {of} buckets has {len(data)} bytes")
    return Group(turn, of, [data[at:end] for at, end in pairwise(ends)])


def _parted(bucket: bytes, bit: int) -> tuple[bytes, bytes]:
    """A bucket's slots without a bit of the pattern, and those with it."""
    if not bucket:
        return b"", b""
    byte, shift = SLOT_BYTES - 1 - bit // 8, bit % 8
    low: list[bytes] = []
    high: list[bytes] = []
    for (slot,) in SLOT.iter_unpack(bucket):
        (high if slot[byte] >> shift & 1 else low).append(slot)
    return b"".join(low), b"".join(high)
