"""The comparison sees what is missing, too many, twice or other than it must be."""

from __future__ import annotations

from typing import Any

from .compare import dead_letter_differences, grant_differences, level_differences, sum_differences
from .examples import at, order, play, program, spend

OUTCOME = play([program(), spend()], order("a", at(1), ("x", 1, 200)), b"{")
ROWS = [{"grant_id": grant_id, **grant} for grant_id, grant in OUTCOME.grants.items()]


def test_grants() -> None:
    assert grant_differences(OUTCOME, ROWS) == []
    assert len(grant_differences(OUTCOME, ROWS[:1])) == 1
    assert len(grant_differences(OUTCOME, [*ROWS, ROWS[0]])) == 1
    assert len(grant_differences(OUTCOME, [*ROWS, ROWS[0] | {"grant_id": "spend/ann/3"}])) == 1
    changes: list[dict[str, Any]] = [{"gifts": []}, {"order_id": "b"}, {"occurred_at": at(2)}]
    for change in changes:
        assert len(grant_differences(OUTCOME, [ROWS[0] | change, ROWS[1]])) == 1
    assert grant_differences(OUTCOME, [*ROWS, ROWS[0] | {"order_id": "b"}], order_may_differ=True) == []


def test_levels_letters_and_sums() -> None:
    row = {"program": "classic", "member_id": "ann", "level": None}
    assert level_differences(OUTCOME, [row]) == []
    assert len(level_differences(OUTCOME, [])) == len(level_differences(OUTCOME, [row | {"level": "one"}])) == 1
    assert dead_letter_differences(OUTCOME, [("undecodable", b"{")]) == []
    assert len(dead_letter_differences(OUTCOME, [("invalid", b"{")])) == 2
    assert sum_differences(OUTCOME.progress, {("spend", "ann"): 200, ("other", "ann"): 0}) == []
    assert len(sum_differences(OUTCOME.progress, {})) == 1
