"""Where Tidemark stands is said by the figures: another figure, another word."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.beside import COMPILED, PURE, Beside, Figure
from benchmarks.engines import IN_MEMORY, ROCKSDB, STOCK_FAUST
from benchmarks.figures import Spread, Table
from benchmarks.standing import standing


@pytest.mark.parametrize(
    ("ratio", "more_is_better", "word"),
    [
        (Spread(0.79, 0.7, 0.85), True, "behind"),
        (Spread(0.79, 0.7, 0.85), False, "ahead"),
        (Spread(1.29, 1.2, 1.4), True, "ahead"),
        (Spread(1.29, 1.2, 1.4), False, "behind"),
        # The rounds do not agree.
        (Spread(0.9, 0.7, 1.1), True, "level"),
        (Spread(1.02, 1.01, 1.04), False, "level"),
    ],
)
def test_ahead_and_behind_are_what_every_round_says(ratio: Spread, more_is_better: bool, word: str) -> None:
    assert Beside("a figure", PURE, "a peer", ratio, more_is_better, 2).word() == word


def test_a_figure_is_compared_round_by_round() -> None:
    figure = Figure[float]("orders/s", lambda run: run, more_is_better=True)
    assert figure.beside(PURE, [50.0, 100.0], "a peer", [100.0, 200.0]).ratio == Spread(0.5, 0.5, 0.5)


def results(*beside: Beside, notes: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """Of one section, as they are kept."""
    kept: dict[str, dict[str, Any]] = json.loads(json.dumps({"throughput": {"beside": beside, "notes": notes}, "memory": {}}))
    return kept


def test_where_we_are_behind_comes_first_and_who_does_the_same_work() -> None:
    lines = list(
        standing(
            results(
                Beside("orders/s", PURE, STOCK_FAUST.name, Spread(13, 12, 14), True, 1),
                Beside("peak memory", PURE, IN_MEMORY.name, Spread(0.25, 0.2, 0.3), False, 2),
                Beside("orders/s", PURE, IN_MEMORY.name, Spread(0.79, 0.7, 0.85), True, 2),
                Beside("orders/s", COMPILED, ROCKSDB.name, Spread(1.1, 0.9, 1.2), True, 2),
                notes=("somebody cannot keep up",),
            )
        )
    )
    said = [line for line in lines if isinstance(line, str) and line.startswith("- ")]
    assert said == [
        f"- Beside *{IN_MEMORY.name}*, Tidemark in pure Python is **behind** in orders/s (0.79); ahead in peak memory (0.25).",
        f"- Beside *{ROCKSDB.name}*, Tidemark compiled is **behind** in nothing; level in orders/s (1.10).",
        f"- Beside *{STOCK_FAUST.name}*, Tidemark in pure Python is **behind** in nothing; ahead in orders/s (13.0).",
        "- somebody cannot keep up.",
    ]
    tables = [line for line in lines if isinstance(line, Table)]
    assert tables[0].rows[1] == ["orders/s", IN_MEMORY.name, "0.79 [0.70-0.85], **behind**", "not measured"]


def test_results_without_ratios_stand_nowhere() -> None:
    assert list(standing(results())) == []
