"""What came out of documents that were folded in this process: what was put out, decoded, and members as they stand."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import msgspec

from broker.wire.records import Output, Record
from rules.definitions.kinds import ACTIVITY
from rules.figures.additions import Additions, Performance, performance_row
from rules.rulebook.rulebook import Rulebook
from rules.state import Member
from streams.routing import partition_of
from streams.topics import DEAD_LETTERS, FIGURES, GIFTS, LEVELS, THRESHOLDS
from tables.member.record import decode_member
from tables.partition import PartitionTable
from tidemark.replay.outputs.levels import Levels

Document = dict[str, Any]


class Folded:
    """Of all partitions, added up."""

    tables: list[PartitionTable]
    rulebook: Rulebook
    outputs: Mapping[str, list[Record]]
    malformed: list[Output]

    def values(self, topic: str) -> list[Document]:
        """What was put out on a topic, decoded."""
        ahead = [letter.value for letter in self.malformed if letter.topic == topic]
        return [json.loads(value) for value in (*ahead, *(record.value or b"" for record in self.outputs[topic]))]

    def grants(self) -> list[Document]:
        return self.values(GIFTS)

    def level_changes(self) -> list[Document]:
        return self.values(LEVELS)

    def performance(self) -> list[Document]:
        """As `tidemark replay --performance` writes it; `figures` must be on."""
        activities = (chain.versions[0].saved for chain in self.rulebook.chains())
        found = {saved.code: Performance() for saved in activities if saved.kind == ACTIVITY}
        for record in self.outputs[FIGURES]:
            for code, added in msgspec.json.decode(record.value or b"", type=Additions).activities.items():
                found[code].add(added)
        return [performance_row(code, found[code]) for code in sorted(found)]

    def thresholds(self) -> list[Document]:
        return self.values(THRESHOLDS)

    def dead_letters(self) -> list[tuple[str, bytes]]:
        """(reason, raw bytes) each."""
        return [(letter["reason"], raw_of(letter)) for letter in self.values(DEAD_LETTERS)]

    def reasons(self) -> list[str]:
        return [reason for reason, _ in self.dead_letters()]

    def member(self, member_id: str) -> Member | None:
        """A member as the last turn left him."""
        table = self.tables[partition_of(member_id, len(self.tables))]
        data = table.members.get(member_id)
        return None if data is None else decode_member(data)

    def progress(self) -> dict[tuple[str, str], int]:
        """By (activity, member), over all versions."""
        found: dict[tuple[str, str], int] = {}
        for member_id, member in self._members().items():
            for ref, amount in member.progress.items():
                where = (self.rulebook.activities[ref].code, member_id)
                found[where] = found.get(where, 0) + amount
        return found

    def spending(self) -> dict[tuple[str, str], int]:
        """By (program, member)."""
        return {
            (membership.program, member_id): membership.spent
            for member_id, member in self._members().items()
            for membership in member.memberships
        }

    def levels(self) -> list[Document]:
        """As `tidemark replay --levels` writes them."""
        return [
            {"program": membership.program, "member_id": member_id, "level": membership.level}
            for member_id, member in self._members().items()
            if member.registered
            for membership in member.memberships
            if not membership.left
        ]

    def held_levels(self) -> list[Document]:
        """The same, as all of what `tidemark replay --levels` writes: by program and member."""
        levels = Levels()
        for record in self.outputs[LEVELS]:
            levels.take(LEVELS, record.value or b"")
        return [json.loads(row) for row in levels.rows()]

    def _members(self) -> Mapping[str, Member]:
        return {member_id: decode_member(data) for table in self.tables for member_id, data in table.members.items()}


def raw_of(letter: Document) -> bytes:
    """The bytes of a dead letter."""
    if "raw_base64" in letter:
        return base64.b64decode(letter["raw_base64"])
    return str(letter["raw"]).encode()
