"""Levels by total spending, and the upgrades that follow (spec 2.8, 3.4, 3.5)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .options import Options
from .qualifying import in_dates

Document = dict[str, Any]


class Ladders:
    def __init__(self, definitions: Document, options: Options) -> None:
        self.definitions = definitions
        self.options = options
        self.spending: Counter[tuple[str, str]] = Counter()  # (program, member): a signed sum
        self.held: dict[tuple[str, str], int] = {}  # (program, member): steps of the ladder, 0 for none
        self.gains: Counter[tuple[str, str, str]] = Counter()  # (program, member, level)
        self.fired: set[str] = set()  # grant ids that are used up, granted or not

    def level(self, program: Document, member_id: str) -> str | None:
        step = self.held.get((program["code"], member_id), _held_at_first(program))
        if step == 0 or not program["enabled"]:
            return None
        return str(program["ladder"][step - 1][0])

    def judge(self, program: Document, member_id: str, document: Document) -> list[Document]:
        """Sets the level that the spending carries now; returns the tier_upgrade grants of the way up."""
        if not program["enabled"]:
            return []
        where = (program["code"], member_id)
        spending = max(0, self.spending[where])
        before = self.held.get(where, _held_at_first(program))
        now = _reached(program, spending)
        self.held[where] = now
        grants = []
        for level, _ in program["ladder"][before:now]:
            self.gains[(*where, level)] += 1
            for activity in self.definitions["upgrades"]:
                if self._fires(activity, program, level, document["at"]):
                    grants += self._grants(activity, program, level, document)
        return grants

    def _fires(self, activity: Document, program: Document, level: str, at_us: int) -> bool:
        code = program["code"]
        if f"{code}/{level}" not in activity["levels"] and f"{code}/*" not in activity["levels"]:
            return False
        if activity["programs"] is not None and code not in activity["programs"]:
            return False
        return in_dates(activity, at_us)

    def _grants(self, activity: Document, program: Document, level: str, document: Document) -> list[Document]:
        """One, or none: an imported order grants nothing, and what is gained by it counts as gained all the same (spec 2.8)."""
        member_id, name = document["member_id"], f"{program['code']}/{level}"
        grant_id = f"{activity['code']}/{escaped(member_id)}/{name}"
        if activity["regain"]:
            grant_id += f"/{self.gains[(program['code'], member_id, level)]}"
        if grant_id in self.fired:
            return []
        self.fired.add(grant_id)
        if document.get("imported", False) and not self.options.imported_upgrades_fire:
            return []
        return [
            {
                "grant_id": grant_id,
                "activity": activity["code"],
                "member_id": member_id,
                "ordinal": None,
                "level": name,
                "order_id": document["order_id"],
                "occurred_at": document["at_text"],
                "gifts": activity["gifts"],
            }
        ]


def escaped(member_id: str) -> str:
    """In a grant's id (spec 2.4)."""
    return member_id.replace("%", "%25").replace("/", "%2F")


def _reached(program: Document, spending: int) -> int:
    return max((n for n, (_, threshold) in enumerate(program["ladder"], 1) if threshold <= spending), default=0)


def _held_at_first(program: Document) -> int:
    """What takes nothing is held from registering on, and not gained (spec 1.7)."""
    return _reached(program, 0)
