"""The contract's own lives of members through the fold, by the documents' clock as in a replay (spec 3.1 to 3.5, 1.9, 1.10, 2.8)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from rules.clock import DocumentsClock
from rules.times import midnight_after
from streams.topics import MEMBERS, PAYMENTS, POINTS, POS_ORDERS
from tests.examples.load import examples
from tests.folding import Folding

TOPICS = {"member": MEMBERS, "payment": PAYMENTS, "points": POINTS}
_TIMES = ("since", "occurred_at")


@pytest.mark.parametrize("example", examples("levels"), ids=lambda example: example["name"])
@pytest.mark.parametrize("turns", [False, True])
def test_it_comes_out_as_worked_out(example: dict[str, Any], turns: bool) -> None:
    clock = DocumentsClock()
    folding = Folding(example["definitions"], clock, announce_registrations=True)
    assert folding.rulebook.left_out == []
    for document in example["documents"]:
        folding.take(document, topic=TOPICS.get(document["type"], POS_ORDERS))
        if turns:
            folding.turn()
    folding.turn()
    program = folding.rulebook.program(folding.rulebook.default_program(clock.now_ms) or "", clock.now_ms)
    assert program is not None
    clock.end(midnight_after(clock.now_ms, program.timezone))
    folding.sweep(clock.now_ms)
    expected = example["expect"]
    assert folding.reasons() == expected["dead_letters"]
    assert told(folding.held_levels(), expected["levels"]) == told(expected["levels"], expected["levels"])
    for member_id in {change["member_id"] for change in changes_of(folding)} | {each["member_id"] for each in expected["changes"]}:
        changes = [each for each in changes_of(folding) if each["member_id"] == member_id]
        mine = [each for each in expected["changes"] if each["member_id"] == member_id]
        assert told(changes, mine) == told(mine, mine)
    assert told(sorted(folding.grants(), key=place_of), expected["grants"]) == told(expected["grants"], expected["grants"])


def changes_of(folding: Folding) -> list[dict[str, Any]]:
    """Those of level: not being registered at none, nor that only what holds it changes."""
    return [change for change in folding.level_changes() if change["level"] != change["before"]]


def told(rows: list[dict[str, Any]], like: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the fields of others, times as times."""
    fields = like[0].keys() if like else ()
    return [{field: _time(row[field]) if field in _TIMES else row[field] for field in fields} for row in rows]


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def place_of(grant: dict[str, Any]) -> tuple[str, ...]:
    """As `tidemark replay --grants` sorts them."""
    return tuple(str(grant[field] or "") for field in ("activity", "member_id", "level", "grant_id"))
