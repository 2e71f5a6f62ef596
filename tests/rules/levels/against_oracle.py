"""Lives of levels through the fold and through the second implementation: what comes of both, and where they differ."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rules.clock import DocumentsClock
from streams.topics import MEMBERS, PAYMENTS, POINTS, POS_ORDERS
from tests.folding import Folding
from tests.oracle.terms import play
from tests.oracle.times import to_us

Document = dict[str, Any]
# Members who become one are mostly in two.
PARTITIONS = 2
_TOPICS = {"member": MEMBERS, "payment": PAYMENTS, "points": POINTS}


def differences(documents: list[Document], definitions: list[Document]) -> list[str]:
    """What of a life comes out otherwise than by the second implementation."""
    clock = DocumentsClock()
    folding = Folding(definitions, clock, announce_registrations=True, partitions=PARTITIONS)
    assert folding.rulebook.left_out == []
    for document in documents:
        folding.take(document, topic=_TOPICS.get(document["type"], POS_ORDERS))
        folding.turn()
    folding.end()
    played = play(documents, definitions)
    found = []
    for row in played.levels:
        # Of none after a level the examples give no time.
        row["since"] = row["since"] if row["level"] is not None else None
    pairs = {
        "levels": (folding.held_levels(), played.levels, True),
        "grants": (_granted(folding), played.grants, True),
        "dead letters": (folding.reasons(), [reason for reason, _ in played.dead_letters], True),
    }
    for place in {(change["member_id"], change["program"]) for change in (*changes_of(folding), *played.changes)}:
        told, others = ([each for each in some if _of(each) == place] for some in (changes_of(folding), played.changes))
        pairs[f"changes of {place}"] = (told, others, False)
    for name, (mine, theirs, any_order) in pairs.items():
        ours, others = [_row(each) for each in mine], [_row(each) for each in theirs]
        if any_order:
            ours, others = sorted(ours), sorted(others)
        if ours != others:
            found.append(f"{name}\n  " + "\n  ".join(_said(ours, others)))
    return found


def changes_of(folding: Folding) -> list[Document]:
    """Those of level: not being registered at none, nor that only what holds it changes."""
    fields = ("program", "member_id", "before", "level", "why", "since", "document_id")
    changes = [change for change in folding.level_changes() if change["level"] != change["before"]]
    return [{field: change[field] for field in fields} for change in changes]


def _of(change: Document) -> tuple[str, str]:
    return change["member_id"], change["program"]


def _granted(folding: Folding) -> list[Document]:
    fields = ("activity", "member_id", "level", "order_id", "occurred_at")
    return [{field: grant[field] for field in fields} for grant in folding.grants()]


def _row(row: Any) -> str:
    if not isinstance(row, dict):
        return str(row)
    times = ("since", "occurred_at")
    return str(sorted((name, _us(value) if name in times else value) for name, value in row.items()))


def _us(time: Any) -> Any:
    return to_us(datetime.fromisoformat(time)) if isinstance(time, str) else time


def _said(ours: list[str], others: list[str]) -> list[str]:
    return [f"ours   {each}" for each in ours if each not in others] + [f"theirs {each}" for each in others if each not in ours]
