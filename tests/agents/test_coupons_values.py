"""What the gifts of a turn are worth: each coupon by the value that held when it was released (spec 2.5, 2.7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from rules.clock import DocumentsClock
from rules.definitions.saved import Saved
from rules.documents.change import Change
from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend
from tests.tables.test_partition import NOON_MS

Document = dict[str, Any]
HOUR_MS = 3_600_000
CUP: Document = {"kind": "coupon", "code": "cup", "name": "Cup", "value": 300, "currency": "GBP"}
DEARER = CUP | {"value": 500}


def giving(**gift: Any) -> list[Document]:
    return [program(), CUP, spend(gifts=[{"kind": "coupon", "coupon": "cup"} | gift])]


def save_dearer(folding: Folding, saved_ms: int) -> None:
    """It holds 10 s later."""
    saved_at = datetime.fromtimestamp(saved_ms / 1000, UTC)
    change = Change(change="save", kind="coupon", code="cup", saved_at=saved_at, saved_by="eva", document=DEARER)
    assert isinstance(folding.changes.make(change, saved_ms * 1000), Saved)
    folding.rulebook = folding.changes.rulebook


def value(folding: Folding) -> int:
    (row,) = folding.performance()
    return int(row["value"]["GBP"])


@pytest.mark.parametrize(("saved_s", "worth"), [(0, 300 + 300 + 500), (-1, 300 + 500 + 500), (1, 300 + 300 + 300)])
def test_of_the_releases_of_one_turn_each_has_the_value_of_its_own_time(saved_s: int, worth: int) -> None:
    folding = Folding(giving(), figures=True)
    save_dearer(folding, NOON_MS + saved_s * 1000)
    for number, seconds in enumerate((8.999, 9, 10)):
        folding.take(order(f"o{number}", at(1), ("x", 1, 100)), now_ms=NOON_MS + int(seconds * 1000))
    folding.turn()
    assert value(folding) == worth


@pytest.mark.parametrize("claim", ["automatic", "member"])
def test_what_is_released_late_has_the_value_of_when_it_was_due(claim: str) -> None:
    folding = Folding(giving(release="daily", claim=claim), figures=True)
    folding.take(order("a", at(1), ("x", 1, 100)), now_ms=NOON_MS)
    folding.turn()
    save_dearer(folding, NOON_MS + 13 * HOUR_MS)
    folding.sweep(NOON_MS + 48 * HOUR_MS)
    assert value(folding) == 300


def test_a_replay_has_the_value_of_the_line_and_of_the_midnight_before_it() -> None:
    folding = Folding(giving(release="daily"), DocumentsClock(), figures=True)
    change = {"type": "change", "change": "save", "kind": "coupon", "code": "cup", "saved_by": "eva", "document": DEARER}
    for document in (
        order("a", at(1), ("x", 1, 100)),
        change | {"saved_at": at(2)},
        order("b", at(2, "13:00:00"), ("x", 1, 100)),
        order("c", at(1), ("x", 1, 100), member_id="bob"),
    ):
        folding.take(document)
    folding.turn()
    folding.end()
    assert value(folding) == 300 + 500 + 500
