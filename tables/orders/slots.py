"""A slot of the index: where an entry stands, and by what it is found. SLOT_BYTES each, as it stands in memory and in the changelog.

First its place: the day (2 bytes, modulo 2**16), the arena of that day (1), and the entry's offset there (4), whose highest bit says that
it is found by its second digest. Then its pattern: the last five bytes of the digest, by whose lowest bits a bucket is chosen. The other
seven bytes of the digest stand with the entry.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from struct import Struct
from typing import Final

from rules.documents.content import DIGEST_BYTES

SLOT_BYTES = DIGEST_BYTES
PLACE_BYTES: Final = 7
PLACE: Final = Struct("<HBI")
BY_SECOND: Final = 1 << 31
DAY: Final = Struct("<H")
SLOT: Final = Struct(f"{SLOT_BYTES}s")
_WHOLE: Final = Struct(f"<HBI{SLOT_BYTES - PLACE_BYTES}s")
# From so many on, columns are made sooner than slots.
_MANY: Final = 24
assert array("I").itemsize == 4


def slots_of(digests: Sequence[bytes], number: int, arena: int, offsets: Sequence[int]) -> bytes:
    """The slots of entries of one arena of a day, by its number.

    Many are made by overwriting the digests' first bytes, a column at a time: a few calls, and none for a slot.
    """
    if len(digests) < _MANY:
        pack = _WHOLE.pack
        return b"".join([pack(number, arena, at, digest[PLACE_BYTES:]) for digest, at in zip(digests, offsets, strict=True)])
    slots = bytearray(b"".join(digests))
    count = len(digests)
    slots[0::SLOT_BYTES] = bytes((number & 0xFF,)) * count
    slots[1::SLOT_BYTES] = bytes((number >> 8,)) * count
    slots[2::SLOT_BYTES] = bytes((arena,)) * count
    words = array("I", offsets)
    if sys.byteorder == "big":
        words.byteswap()
    at = words.tobytes()
    for byte in range(4):
        slots[3 + byte :: SLOT_BYTES] = at[byte::4]
    return bytes(slots)


def lowest_bits(slots: bytes) -> array[int]:
    """The lowest 32 bits of each slot's pattern."""
    words = array("I", slots)[2::3]
    if sys.byteorder == "little":
        words.byteswap()
    return words
