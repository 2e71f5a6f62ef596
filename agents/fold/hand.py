"""The turn in hand of one partition: what every step of folding has before it, and what it leaves."""

from __future__ import annotations

from datetime import datetime

from agents.fold.orders import Orders
from agents.fold.settings import FoldSettings
from rules.happened import Happened, LevelChange
from rules.members import register
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from rules.times import iso
from sinks.topics.outputs import Outputs
from tables.partition import PartitionTable


class Refused(Exception):
    """A document that cannot be applied: `reason` is a code of the dead letters."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Hand:
    """One partition's table under one rulebook, and what has happened in this turn, in its order."""

    def __init__(self, table: PartitionTable, rulebook: Rulebook, settings: FoldSettings) -> None:
        self.table = table
        self.rulebook = rulebook
        self.settings = settings
        self.orders = Orders(table.orders, table.head.seed)
        self.happened: list[Happened] = []
        self.outputs = Outputs("aggregate", table.partition, table.head.turn + 1)
        # Where what the document in hand makes happen begins.
        self.document_from = 0

    def registered(self, member: Member | None, time_ms: int) -> tuple[Member, bool]:
        """The member, registered where he was not yet (spec 1.7), and whether that is new; kept by `keep_new`, once all went well."""
        if member is not None and member.registered:
            return member, False
        new = register(self.rulebook, time_ms, self.table.clock_ms)
        if member is not None:
            new.keep_held(member.held)
        return new, True

    def keep_new(self, member_id: str, member: Member, registered_at: datetime) -> None:
        """Keeps a member who is new; where that is announced, before whatever else came of the document."""
        self.table.touched[member_id] = member
        if self.settings.announce_registrations:
            self.happened[self.document_from : self.document_from] = [
                LevelChange(membership.program, member_id, None, None, "registered", None, iso(registered_at))
                for membership in member.memberships
            ]
