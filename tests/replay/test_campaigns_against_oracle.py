"""Campaigns whole (spec 2.4 to 2.10, 4.3, 5) through `tidemark replay`, beside a second implementation that knows only the input."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.generate.campaigns import campaign, wide_campaign
from tests.oracle.campaigns import play
from tests.oracle.campaigns.rows import differences
from tests.replay.command import replay
from tests.thorough import seeds

Document = dict[str, Any]
# Of the first, which is played where all is to be quick, there are few.
SEEDS = seeds(30, quick=1)
LIVES_EACH = 4
LARGE = {"lines": 1_500, "members": 60}


@pytest.mark.parametrize("seed", SEEDS)
def test_lives_come_out_as_the_oracle_says(tmp_path: Path, seed: int) -> None:
    for number in range(seed * LIVES_EACH, (seed + 1) * LIVES_EACH):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert _differences(folder, *campaign(number)) == [], f"life {number}"


@pytest.mark.parametrize("seed", seeds(15, quick=1))
def test_so_do_those_whose_lines_are_within_milliseconds_of_each_other(tmp_path: Path, seed: int) -> None:
    for number in range(seed * LIVES_EACH, (seed + 1) * LIVES_EACH):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert _differences(folder, *campaign(number, finer=True)) == [], f"life {number}"


@pytest.mark.parametrize("seed", seeds(15, quick=1))
def test_so_do_those_with_exchanges_discounts_changed_organizations_and_drafts_of_another_type(tmp_path: Path, seed: int) -> None:
    for number in range(seed * LIVES_EACH, (seed + 1) * LIVES_EACH):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert _differences(folder, *wide_campaign(number, finer=number % 2 == 0)) == [], f"life {number}"


@pytest.mark.slow
@pytest.mark.parametrize("number", seeds(3, quick=0))
def test_many_members_lives_come_out_as_the_oracle_says(tmp_path: Path, number: int) -> None:
    assert _differences(tmp_path, *campaign(number, **LARGE)) == []


def _differences(folder: Path, definitions: list[Document], documents: list[Document]) -> list[str]:
    ran = replay(folder, definitions, [json.dumps(document).encode() for document in documents])
    assert ran.code == 0, ran.said
    played = play(documents, definitions)
    wanted = Counter((reason, json.dumps(document)) for reason, document in played.dead_letters)
    came = Counter((reason, raw.decode()) for reason, raw in ran.dead_letters())
    files = {name: rows for name, rows in ran.files.items() if name != "dead_letters"}
    return differences(played, files) + [f"dead letter: {letter}" for letter in (wanted - came) + (came - wanted)]
