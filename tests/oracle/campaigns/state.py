"""What is known while a file is played, and what came of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .gifts import Gift, Grant
from .life import EVER, Definitions, Version
from .performance import Performance
from .segments import Member

Document = dict[str, Any]


@dataclass
class Played:
    """Times in epoch microseconds. `levels`: by program and member."""

    grants: dict[str, Grant] = field(default_factory=dict)
    refused: dict[str, Grant] = field(default_factory=dict)
    notifications: list[Document] = field(default_factory=list)
    dead_letters: list[tuple[str, Document]] = field(default_factory=list)
    performance: list[Document] = field(default_factory=list)
    levels: dict[tuple[str, str], str | None] = field(default_factory=dict)


class State:
    def __init__(self, definitions: list[Document]) -> None:
        self.definitions = Definitions(definitions)
        self.played = Played()
        self.clock = EVER
        self.members: dict[str, Member] = {}
        self.performance = Performance()
        self.sums: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)  # (activity, member), by version
        self.ordinals: Counter[tuple[str, str]] = Counter()
        self.owed: Counter[tuple[str, str]] = Counter()
        self.made: Counter[str] = Counter()
        self.worth: Counter[str] = Counter()
        self.gains: Counter[tuple[str, str]] = Counter()  # (member, program/level)
        self.fired: set[tuple[str, str, str]] = set()
        self.orders: dict[tuple[str, str], Document] = {}
        self.refunds: dict[tuple[str, str], Document] = {}
        self.held_refunds: dict[tuple[str, str], list[Document]] = defaultdict(list)
        self.tests: set[tuple[str, str]] = set()
        self.tries: list[tuple[int, int, Grant, Gift]] = []
        self.parked: dict[str, list[tuple[Grant, Gift]]] = defaultdict(list)  # by member: their ground does not stand
        self.started: set[tuple[str, str]] = set()
        self.serial = count()
        self.next_starts: dict[str, tuple[int, str, Version] | None] = {}
        self.leads_to: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.taken: dict[str, list[Document]] = {"purchase": [], "refund": []}

    def resolved(self, member_id: str) -> str:
        while member_id in self.leads_to:
            member_id = self.leads_to[member_id]
        return member_id

    def default(self) -> str | None:
        programs = [chain.versions[-1].document for chain in self.definitions.of("program")]
        marked = [program["code"] for program in programs if program.get("default", False)]
        return marked[0] if marked else programs[0]["code"] if len(programs) == 1 else None

    def program(self, code: str) -> Document | None:
        document = self.definitions.document("program", code, self.clock)
        if document is None:
            return None
        return {
            "code": code,
            "currency": document["currency"],
            "active_from": None,
            "include_imported": False,
            "ladder": [(each["code"], each["threshold"]) for each in document.get("levels", [])],
        }

    def zone(self, activity: Document) -> str:
        if "timezone" in activity:
            return str(activity["timezone"])
        document = self.definitions.document("program", self._first_program(activity), self.clock)
        return "UTC" if document is None else str(document["timezone"])

    def _first_program(self, activity: Document) -> str:
        return str((activity.get("programs") or [self.default()])[0])

    def currency(self, activity: Document) -> str:
        document = self.definitions.document("program", self._first_program(activity), self.clock)
        return str(activity.get("currency") or (document or {})["currency"])

    def coupon(self, code: str, at_us: int) -> Document:
        document = self.definitions.document("coupon", code, at_us)
        assert document is not None
        return document
