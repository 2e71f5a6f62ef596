"""Campaigns whole (spec 2.4 to 2.10, 4.3, 5) beside a second implementation that knows only the input, on random lives."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import MEMBERS, POS_ORDERS
from tests.examples.test_campaigns import outcome
from tests.folding import Folding
from tests.generate.campaigns import campaign
from tests.oracle.campaigns import play
from tests.oracle.campaigns.rows import differences

SEEDS = [*range(2), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 20))]
LIVES_EACH = 12


@pytest.mark.parametrize("seed", SEEDS)
def test_lives_come_out_as_the_oracle_says(seed: int) -> None:
    for number in range(seed * LIVES_EACH, (seed + 1) * LIVES_EACH):
        definitions, documents = campaign(number)
        assert _differences(definitions, documents, random.Random(number)) == [], f"life {number}"


def _differences(definitions: list[dict[str, Any]], documents: list[dict[str, Any]], rng: random.Random) -> list[str]:
    folding = Folding(definitions, DocumentsClock(), figures=True)
    assert folding.rulebook.left_out == []
    for document in documents:
        folding.take(document, topic=MEMBERS if document["type"] in ("member", "claim", "test_send") else POS_ORDERS)
        if rng.random() < 0.2:
            folding.turn()
    folding.turn()
    folding.end()
    played = play(documents, definitions)
    came = outcome(folding)
    reasons = Counter(came.pop("dead_letters"))
    # Of one that was never launched there is no row here; a replay writes one.
    known = {row["activity"] for row in came["performance"]}
    played.performance = [row for row in played.performance if row["activity"] in known]
    wanted = Counter(reason for reason, _ in played.dead_letters)
    return differences(played, came) + [
        f"dead letters: {difference}" for difference in (reasons - wanted, wanted - reasons) if difference
    ]
