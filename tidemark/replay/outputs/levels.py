"""`--levels`: where every member of a program is at the end (spec 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from streams.topics import LEVELS
from tidemark.replay.outputs.output import Output

_LEFT = "left"


class _Change(Struct, gc=False):
    program: str
    member_id: str
    level: str | None
    since: str
    why: str


class _Held(Struct, gc=False):
    """A row. Every level is held by spending, and for good."""

    program: str
    member_id: str
    level: str | None
    since: str | None
    until: str | None = None
    by: str | None = None


_change = msgspec.json.Decoder(_Change).decode
_encode = msgspec.json.Encoder().encode


class Levels(Output):
    """By program and member, what holds since the last change; of who has left the program nothing."""

    topics = (LEVELS,)

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], tuple[str | None, str | None]] = {}
        self._had_a_level: set[tuple[str, str]] = set()

    def take(self, topic: str, value: bytes) -> bool:
        change = _change(value)
        place = (change.program, change.member_id)
        if change.why == _LEFT:
            self._held.pop(place, None)
            return True
        if change.level is not None:
            self._had_a_level.add(place)
        # Who never had a level there has none since no time.
        self._held[place] = change.level, change.since if place in self._had_a_level else None
        return True

    def rows(self) -> Iterable[bytes]:
        return map(_encode, self._rows())

    def _rows(self) -> Iterator[_Held]:
        for (program, member_id), (level, since) in sorted(self._held.items()):
            yield _Held(program, member_id, level, since, None, None if level is None else "spending")
