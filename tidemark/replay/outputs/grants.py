"""`--grants`: every grant as it was made (spec 6)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from streams.topics import GIFTS
from tidemark.replay.outputs.output import Output


class _Place(Struct, gc=False):
    """By what a grant is known and sorted: what is null comes first; gains of one level by their ids."""

    activity: str | None
    member_id: str
    ordinal: int | None
    level: str | None
    grant_id: str

    def sorted_by(self) -> tuple[str, str, int, str, str]:
        return self.activity or "", self.member_id, self.ordinal or 0, self.level or "", self.grant_id


_place = msgspec.json.Decoder(_Place).decode


class Grants(Output):
    """By id, the record as it was first put out."""

    topics = (GIFTS,)

    def __init__(self) -> None:
        self.by_id: dict[str, bytes] = {}

    def __len__(self) -> int:
        return len(self.by_id)

    def take(self, topic: str, value: bytes) -> bool:
        grant_id = _place(value).grant_id
        if grant_id in self.by_id:
            return False
        self.by_id[grant_id] = value
        return True

    def rows(self) -> Iterable[bytes]:
        return sorted(self.by_id.values(), key=lambda value: _place(value).sorted_by())
