"""What is known of all members while a file's lines are played; times in epoch microseconds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from .changed import Versions
from .standing import Standing
from .term import EVER

Document = dict[str, Any]
# A program's code behind a member's id.
Key = tuple[str, str]
TIMES = {"purchase": "placed_at", "refund": "refunded_at", "payment": "paid_at", "points": "earned_at"}
IDS = {"purchase": "order_id", "refund": "refund_id", "payment": "payment_id", "points": "points_id"}


@dataclass
class Levels:
    """As `--levels`, `--changes` and the grants of upgrades; times in epoch microseconds."""

    levels: list[Document] = field(default_factory=list)
    changes: list[Document] = field(default_factory=list)
    grants: list[Document] = field(default_factory=list)
    dead_letters: list[tuple[str, Document]] = field(default_factory=list)


@dataclass
class Held:
    """What waits for the document that it takes back from."""

    raw: Document
    received: int


class Book:
    def __init__(self, definitions: list[Document]) -> None:
        self.versions = {each["code"]: Versions(each) for each in definitions if each["kind"] == "program"}
        self.programs = {each["code"]: each for each in definitions if each["kind"] == "program"}
        self.registered: dict[str, int] = {}
        self.place: dict[Key, int] = {}  # which version of the program a standing is under
        self.upgrades = [each for each in definitions if each.get("type") == "tier_upgrade"]
        marked = [code for code, each in self.programs.items() if each.get("default")]
        self.default = (marked or [next(iter(self.programs))])[0] if marked or len(self.programs) == 1 else None
        self.out = Levels()
        self.clock = EVER
        self.members: dict[str, dict[str, int]] = {}  # since when, by program
        self.standings: dict[Key, Standing] = {}
        self.since: dict[Key, int | None] = {}
        self.shown: dict[Key, str | None] = {}
        self.content: dict[tuple[str, str, str], Document] = {}
        self.orders: dict[tuple[str, str, str], Document] = {}
        self.waiting: dict[tuple[str, str, str], list[Held]] = defaultdict(list)
        self.gained: dict[tuple[str, str, str], int] = defaultdict(int)
        self.given: set[str] = set()
        self.leads: dict[str, str] = {}  # an id that was merged, to the other

    def owner(self, member_id: str | None) -> str | None:
        """Whose an id is."""
        while member_id in self.leads:
            member_id = self.leads[member_id]
        return member_id

    def version_of(self, member_id: str, code: str, at: int, now: int) -> Document:
        """The version that a member is under; who is not registered yet is so as of a time."""
        return self.versions[code].of(self.registered.get(member_id, at), now)
