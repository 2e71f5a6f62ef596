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
    before: str | None
    since: str
    why: str
    until: str | None = None
    by: str | None = None


class _Held(Struct, gc=False):
    """A row. `since`: of a level; of none after one it is null as well, as the contract's own lives have it."""

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
        self._held: dict[tuple[str, str], _Held] = {}
        self._since: dict[tuple[str, str], str] = {}

    def take(self, topic: str, value: bytes) -> bool:
        change = _change(value)
        place = (change.program, change.member_id)
        if change.why == _LEFT:
            self._held.pop(place, None)
            self._since.pop(place, None)
            return True
        if change.level != change.before or place not in self._since:
            # Where only until when changes, or by what, it is told to the millisecond since when; so it is of a program that is on again,
            # and shows the level that it showed before.
            self._since[place] = change.since
        since = None if change.level is None else self._since[place]
        self._held[place] = _Held(change.program, change.member_id, change.level, since, change.until, change.by)
        return True

    def rows(self) -> Iterable[bytes]:
        return map(_encode, self._rows())

    def _rows(self) -> Iterator[_Held]:
        for _, held in sorted(self._held.items(), key=lambda each: each[0]):
            yield held
