"""Levels whole (spec 3.1 to 3.5, 1.9, 1.10) beside a second implementation that keeps all of a member's history, on random lives."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import MEMBERS, PAYMENTS, POINTS, POS_ORDERS
from tests.folding import Folding
from tests.generate.terms import life
from tests.oracle.terms import play
from tests.oracle.times import parse, to_us

Document = dict[str, Any]
SEEDS = [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 20))]
LIVES_EACH = 150
TOPICS = {"member": MEMBERS, "payment": PAYMENTS, "points": POINTS}
CHANGE = ("program", "member_id", "before", "level", "why", "since", "document_id")
GRANT = ("activity", "member_id", "level", "order_id", "occurred_at")


@pytest.mark.parametrize("seed", SEEDS)
def test_lives_come_out_as_the_oracle_says(seed: int) -> None:
    for number in range(seed * LIVES_EACH, (seed + 1) * LIVES_EACH):
        _compare(*life(number), random.Random(number), f"life {number}")


def _compare(definitions: list[Document], documents: list[Document], rng: random.Random, name: str) -> None:
    folding = Folding(definitions, DocumentsClock(), announce_registrations=True)
    assert folding.rulebook.left_out == []
    for document in documents:
        folding.take(document, topic=TOPICS.get(document["type"], POS_ORDERS))
        if rng.random() < 0.2:
            folding.turn()
    folding.turn()
    folding.end()
    played = play(documents, definitions)

    def of_one(rows: list[Document]) -> dict[Any, list[Document]]:
        found: dict[Any, list[Document]] = {}
        for row in rows:
            found.setdefault((row["program"], row["member_id"]), []).append(_row(row, CHANGE))
        return found

    # What is told of the level that is held is no change.
    changes = [row for row in folding.level_changes() if row["before"] != row["level"]]
    assert of_one(changes) == of_one(played.changes), name
    held = {(row["program"], row["member_id"]): row for row in folding.held_levels()}
    assert held.keys() == {(row["program"], row["member_id"]) for row in played.levels}, name
    for row in played.levels:
        # Of no level the contract's lives know no since.
        wanted = _row(row, tuple(row)) | ({"since": None} if row["level"] is None else {})
        assert _row(held[(row["program"], row["member_id"])], tuple(row)) == wanted, name
    assert Counter(str(_row(grant, GRANT)) for grant in folding.grants()) == Counter(map(str, played.grants)), name
    assert Counter(folding.reasons()) == Counter(reason for reason, _ in played.dead_letters), name


def _row(row: Document, fields: tuple[str, ...]) -> Document:
    """Those fields of it, times in epoch microseconds."""
    found = {field: row[field] for field in fields}
    return {
        name: to_us(parse(value)) if name in ("since", "occurred_at") and isinstance(value, str) else value
        for name, value in found.items()
    }
