"""`--dead-letters`: what could not be taken, and why (spec 1.6, 6)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from streams.topics import DEAD_LETTERS
from tidemark.replay.outputs.output import Output


class _Source(Struct, gc=False):
    source: str


_source = msgspec.json.Decoder(_Source).decode
_decode = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder().encode


class DeadLetters(Output):
    """By where the document stood."""

    topics = (DEAD_LETTERS,)

    def __init__(self) -> None:
        self._by_source: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self._by_source)

    def take(self, topic: str, value: bytes) -> bool:
        self._by_source[_source(value).source] = value
        return True

    def sort(self, number_of: Callable[[str], int]) -> None:
        """Puts them into the documents' order, whatever partition they came from; `number_of`: of the line at a source."""
        self._by_source = dict(sorted(self._by_source.items(), key=lambda letter: number_of(letter[0])))

    def rows(self) -> Iterable[bytes]:
        return map(_readable, self._by_source.values())


def _readable(value: bytes) -> bytes:
    """A dead letter with its text as `raw`, where it is text: on its topic it may be in base64 for its size."""
    letter = _decode(value)
    coded = letter.get("raw_base64")
    if coded is None:
        return value
    raw = base64.b64decode(str(coded))
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return value
    return _encode({name: held for name, held in letter.items() if name != "raw_base64"} | {"raw": text})
