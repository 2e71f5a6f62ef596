"""What a partition remembers of grants that are limited by a total or a budget: one record, where there are any (spec 2.10)."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from rules.limits.keeper import Kept


class Keeping(Struct, array_like=True, gc=False):
    """`kept`: by code, the activities whose keeper is here. `through`: by source (the partition that put it out), the sequence of the last
    record of `grants.limited` that was taken from there; these only go up. `heard`: of those that were limited later, the partitions that
    have told what they had made before.
    """

    kept: dict[str, Kept] = {}
    through: dict[str, str] = {}
    # Whether it is that of all partitions, as in a replay, so that nobody need be asked by a record.
    at_hand: bool = False
    heard: dict[str, list[int]] = {}

    def of(self, activity: str) -> Kept:
        """What is known of an activity."""
        return self.kept.setdefault(activity, Kept())

    def mark(self) -> dict[str, tuple[int, int]]:
        """What is known now, to be rolled back to."""
        return {activity: (kept.made, kept.worth) for activity, kept in self.kept.items()}

    def roll_back(self, mark: dict[str, tuple[int, int]]) -> None:
        """As if nothing had been made since then."""
        self.kept = {activity: Kept(*known) for activity, known in mark.items()}

    def taken_before(self, source: str, sequence: str) -> bool:
        """Whether a record was taken before; if not, it is now."""
        if sequence <= self.through.get(source, ""):
            return True
        self.through[source] = sequence
        return False


encode_keeping = msgspec.msgpack.Encoder().encode
decode_keeping = msgspec.msgpack.Decoder(Keeping).decode
