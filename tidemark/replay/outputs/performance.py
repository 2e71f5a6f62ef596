"""`--performance`: what each activity has brought, over all its versions (spec 2.7, 6)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rules.figures.additions import Additions, Performance, performance_row
from streams.topics import FIGURES
from tidemark.replay.outputs.output import Output

_decode = msgspec.json.Decoder(Additions).decode
_encode = msgspec.json.Encoder().encode


class Performances(Output):
    """The sum of what turns have added, each once; and of activities to which nothing was added, zeros."""

    topics = (FIGURES,)

    def __init__(self) -> None:
        self.by_activity: dict[str, Performance] = {}
        # By partition, the last turn that was added.
        self._through: dict[int, int] = {}

    def know(self, activities: Iterable[str]) -> None:
        """The codes of all activities that there are: drafts and archived ones too."""
        for activity in activities:
            self.by_activity.setdefault(activity, Performance())

    def take(self, topic: str, value: bytes) -> bool:
        additions = _decode(value)
        if additions.turn <= self._through.get(additions.partition, -1):
            return False
        self._through[additions.partition] = additions.turn
        for activity, added in additions.activities.items():
            self.by_activity.setdefault(activity, Performance()).add(added)
        return True

    def rows(self) -> Iterable[bytes]:
        return [_encode(performance_row(activity, row)) for activity, row in sorted(self.by_activity.items())]
