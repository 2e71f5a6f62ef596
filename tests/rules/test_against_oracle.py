"""The product beside a second implementation that knows only the input, on random definitions and documents."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from rules.clock import DocumentsClock
from tests.folding import Folding
from tests.generate import definitions, stream
from tests.oracle import Outcome, replay
from tests.oracle.compare import dead_letter_differences, grant_differences, level_differences, sum_differences
from tests.oracle.times import midnight_after


def folded(lines: list[bytes], rules: list[dict[str, Any]], rng: random.Random) -> tuple[Outcome, Folding]:
    """The same lines through both, by the documents' own clock; the product in turns of any size."""
    clock = DocumentsClock()
    folding = Folding(rules, clock, partitions=4)
    for line in lines:
        folding.take(line)
        if rng.random() < 0.01:
            folding.turn()
    folding.turn()
    timezone = next(rule["timezone"] for rule in rules if rule["kind"] == "program" and rule["default"])
    folding.sweep(midnight_after(clock.now_ms, timezone))
    return replay(lines, rules), folding


def differences(expected: Outcome, folding: Folding) -> Iterator[str]:
    yield from grant_differences(expected, folding.grants())
    yield from level_differences(expected, folding.levels())
    yield from dead_letter_differences(expected, folding.dead_letters())
    yield from sum_differences(still_kept(expected.progress, folding), still_kept(folding.progress(), folding))
    yield from sum_differences(expected.spending, folding.spending())


def still_kept(progress: dict[tuple[str, str], int], folding: Folding) -> dict[tuple[str, str], int]:
    """Sums of activities whose books are open: of the others they are dropped when a member is next touched."""
    assert folding.clock is not None
    closed = folding.rulebook.closings.closed(folding.clock.now_ms).refs
    codes = {activity.code for ref, activity in folding.rulebook.activities.items() if ref in closed}
    return {where: total for where, total in progress.items() if where[0] not in codes}


SEEDS = [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 26))]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_product_does_what_the_oracle_says(seed: int) -> None:
    rules = definitions(seed)
    expected, folding = folded(stream(seed, orders=1_500, members=80), rules, random.Random(seed))
    assert expected.grants
    assert list(differences(expected, folding)) == []
