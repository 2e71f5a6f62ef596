"""A partition's changelog as a release wrote it, kept for good: what later releases must recover, and go on from."""

from __future__ import annotations

import lzma
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from broker.wire.batches import Entry

FOLDER = Path(__file__).parent
PARTITIONS = 2
PARTITION = 0


class Line(Struct, array_like=True):
    """A record that came in. `topic`: its short name; `told`: False for what is passed over without a look at what it holds."""

    topic: str
    timestamp_ms: int
    value: bytes
    headers: list[tuple[str, bytes]]
    told: bool = True


class Kept(Struct, array_like=True):
    """`definitions`: the records of their topic, each its timestamp, key and value. `before`: the lines that the release folded, into
    `batches`, as they stood on the changelog; `after`: what came then. `grants`, `letters`: values that it published. `unpublished`: by
    turn and topic, what was not acknowledged when it ended.
    """

    definitions: list[tuple[int, bytes, bytes]]
    before: list[Line]
    after: list[Line]
    batches: list[bytes]
    grants: list[bytes]
    letters: list[bytes]
    unpublished: dict[int, dict[str, list[Entry]]]

    def rules(self) -> list[dict[str, Any]]:
        """The definitions' first versions, by which the oracle judges."""
        saved = [msgspec.json.decode(value) for _, _, value in self.definitions]
        return [each["document"] for each in saved if each["version"] == 1]


def path_of(format_: int) -> Path:
    """Where the changelog of a format of the head is kept."""
    return FOLDER / f"format_{format_}.xz"


def load(format_: int) -> Kept:
    """The changelog of a format. Raises FileNotFoundError."""
    return msgspec.msgpack.decode(lzma.decompress(path_of(format_).read_bytes()), type=Kept)


def save(kept: Kept, format_: int) -> None:
    """Keeps the changelog of a format."""
    path_of(format_).write_bytes(lzma.compress(msgspec.msgpack.encode(kept), preset=9 | lzma.PRESET_EXTREME))
