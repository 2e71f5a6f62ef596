"""What came on one day of the partition's clock: the rows of its entries, in arenas; and the chunks in the changelog that have them."""

from __future__ import annotations

from array import array
from typing import Final

# An arena that has this many takes no more chunks. Offsets in it have 31 bits, and 256 arenas a day are more than any memory.
ARENA_BYTES: Final = 2**30

_TURN_BITS: Final = 56
_TURN: Final = (1 << _TURN_BITS) - 1


class Day:
    """One day; it expires as a whole."""

    __slots__ = ("_arena_bytes", "_chunks", "arenas")

    def __init__(self, arena_bytes: int) -> None:
        self._arena_bytes = arena_bytes
        self.arenas = [bytearray()]
        # Format and turn of each chunk, in one number of 8 bytes: a day may have a chunk an order.
        self._chunks = array("Q")

    def room(self) -> tuple[int, int]:
        """Where the next chunk's rows will stand: arena and offset."""
        if len(self.arenas[-1]) >= self._arena_bytes:
            self.arenas.append(bytearray())
        return len(self.arenas) - 1, len(self.arenas[-1])

    def add(self, rows: bytes | memoryview, turn: int, chunk_format: int) -> None:
        """Adds a chunk's rows, where `room` said."""
        self.arenas[-1] += rows
        self._chunks.append(chunk_format << _TURN_BITS | turn)

    def next_to_delete(self) -> tuple[int, int] | None:
        """Turn and format of a chunk that is to be deleted from the changelog, the newest first, each once: so that what is left there, if
        it is read back, stands where it stood. None when there are no more.
        """
        if not self._chunks:
            return None
        chunk = self._chunks.pop()
        return chunk & _TURN, chunk >> _TURN_BITS

    def size(self) -> int:
        """Bytes of rows."""
        return sum(map(len, self.arenas))
