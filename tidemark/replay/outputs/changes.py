"""`--changes`: every change of level (spec 6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import Struct

from streams.topics import LEVELS
from tidemark.replay.outputs.output import Output


class _Change(Struct, gc=False):
    """A row: a change as it stands on `levels`."""

    program: str
    member_id: str
    before: str | None
    level: str | None
    why: str
    since: str | None
    document_id: str | None


_change = msgspec.json.Decoder(_Change).decode
_encode = msgspec.json.Encoder().encode


class Changes(Output):
    """By member, his in their order, whatever programs they are of. Being registered at no level, or leaving from none, is no change of
    level; nor is that only what holds it changes.
    """

    topics = (LEVELS,)

    def __init__(self) -> None:
        self._of: defaultdict[str, list[bytes]] = defaultdict(list)

    def take(self, topic: str, value: bytes) -> bool:
        change = _change(value)
        if change.before != change.level:
            self._of[change.member_id].append(_encode(change))
        return True

    def rows(self) -> Iterable[bytes]:
        return self._rows()

    def _rows(self) -> Iterator[bytes]:
        for _, changes in sorted(self._of.items()):
            yield from changes
