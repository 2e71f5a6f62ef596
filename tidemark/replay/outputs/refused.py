"""`--refused`: every grant that a limit refused (spec 6)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rules.happened import Refusal
from streams.topics import REFUSALS
from tidemark.replay.outputs.output import Output

_decode = msgspec.json.Decoder(Refusal).decode


class Refused(Output):
    """By id, as it was first put out; by activity, member, ordinal or level or run."""

    topics = (REFUSALS,)

    def __init__(self) -> None:
        self._by_id: dict[str, bytes] = {}

    def take(self, topic: str, value: bytes) -> bool:
        grant_id = _decode(value).grant_id
        if grant_id in self._by_id:
            return False
        self._by_id[grant_id] = value
        return True

    def rows(self) -> Iterable[bytes]:
        return sorted(self._by_id.values(), key=_sorted_by)


def _sorted_by(value: bytes) -> tuple[str, str, int, str, str, str]:
    row = _decode(value)
    return row.activity, row.member_id, row.ordinal or 0, row.level or "", row.run or "", row.grant_id
