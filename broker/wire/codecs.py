"""Kafka's codecs: what a batch holds, inflated up to a limit and never beyond it.

The room for what comes out is made before it does, and a codec stops where that is full: what a producer can pack into a few KiB takes
no more memory than the limit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    import cramjam
except ImportError:  # An install that is not whole: `require_codecs` says so when a worker starts.
    cramjam = None  # type: ignore[assignment]

# Of a batch. An order is bad input from 1 MiB on (spec 1.6), and a batch of a feed takes 8 MiB, compressed.
MAX_INFLATED_BYTES = 64 * 1024 * 1024
# The first room for what comes out, and what a room that was too small grows by.
_FIRST_ROOM_BYTES = 16 * 1024
_LIKELY_RATIO = 8
_GROWTH = 4

# Snappy's blocks as the Java client frames them: a header of 16 bytes, and each block after its length.
_XERIAL = b"\x82SNAPPY\0"
_XERIAL_HEADER_BYTES = 16
_LENGTH_BYTES = 4

# Writes what it inflates into a room and says how many bytes that took.
_Inflate = Callable[[memoryview, memoryview], int]


class CodecMissing(Exception):
    """A batch is compressed by a codec that we do not have: waiting would not mend it (spec 1.6). The message says what to do."""


class Uninflatable(ValueError):
    """What does not inflate, or to more than allowed; the message says which."""


def require_codecs() -> None:
    """Raises CodecMissing where this installation cannot read all that a producer may send."""
    missing = sorted(name for name, inflate in CODECS.values() if inflate is None)
    if missing:
        raise CodecMissing(
            f"the codecs {', '.join(missing)} are missing in this installation: the package cramjam is not there or cannot be loaded. "
            "Install what requirements/runtime.lock names (make install), and start again"
        )


def inflate(codec: int, data: memoryview, before: bytes, max_bytes: int) -> memoryview:
    """`before`, and what `data` inflates to after it, in one piece. Raises Uninflatable, CodecMissing."""
    name, into = CODECS.get(codec, (f"codec {codec}", None))
    if into is None:
        raise CodecMissing(
            f"a batch is compressed by {name}, which is not to be read here: have its producer use gzip, snappy, lz4 or zstd, or "
            "start a release of Tidemark that has it"
        )
    start = len(before)
    room_bytes = min(max_bytes, max(_FIRST_ROOM_BYTES, _LIKELY_RATIO * len(data)))
    if name == "snappy":
        # It says first what it inflates to.
        room_bytes = _snappy_bytes(data)
        if room_bytes > max_bytes:
            raise Uninflatable(_too_large(name, max_bytes))
    while True:
        room = bytearray(start + room_bytes)
        room[:start] = before
        view = memoryview(room)
        try:
            return view[: start + into(data, view[start:])]
        except cramjam.DecompressionError as error:
            if "failed to write whole buffer" not in str(error):
                raise Uninflatable(f"{name}: {error}") from error
        if room_bytes >= max_bytes:
            raise Uninflatable(_too_large(name, max_bytes))
        room_bytes = min(max_bytes, _GROWTH * room_bytes)


def _too_large(name: str, max_bytes: int) -> str:
    return f"{name}: more than the {max_bytes} bytes that a batch may inflate to"


def _snappy_blocks(data: memoryview) -> list[memoryview]:
    """As Java frames them; librdkafka's is one block without a frame. Raises Uninflatable."""
    if data[: len(_XERIAL)] != _XERIAL:
        return [data]
    blocks = []
    at = _XERIAL_HEADER_BYTES
    while at < len(data):
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(data[start - _LENGTH_BYTES : start], "big")
        if at > len(data):
            raise Uninflatable("snappy: a block is cut off")
        blocks.append(data[start:at])
    return blocks


def _snappy_bytes(data: memoryview) -> int:
    try:
        return sum(cramjam.snappy.decompress_raw_len(block) for block in _snappy_blocks(data))
    except cramjam.DecompressionError as error:
        raise Uninflatable(f"snappy: {error}") from error


def _inflate_snappy(data: memoryview, room: memoryview) -> int:
    at = 0
    for block in _snappy_blocks(data):
        at += int(cramjam.snappy.decompress_raw_into(block, room[at:]))
    return at


def _of(module: str) -> _Inflate | None:
    """What inflates into a room; None where the package is not there."""
    found: Any = None if cramjam is None else getattr(cramjam, module, None)
    return None if found is None else found.decompress_into


# By number in a batch's attributes.
CODECS: dict[int, tuple[str, _Inflate | None]] = {
    1: ("gzip", _of("gzip")),
    2: ("snappy", None if _of("snappy") is None else _inflate_snappy),
    3: ("lz4", _of("lz4")),
    4: ("zstd", _of("zstd")),
}
