"""The product beside a second implementation that knows only the input, on random definitions and documents."""

from __future__ import annotations

import random

import pytest

from tests.against_oracle import differences, folded
from tests.generate import definitions, stream
from tests.generate.lives import life
from tests.oracle import replay
from tests.thorough import seeds, some_of

SEEDS = seeds(24, quick=1)
LIVES_EACH = 250
ORDERS = 1_500


@pytest.mark.parametrize("seed", SEEDS)
def test_the_product_does_what_the_oracle_says(seed: int) -> None:
    rules, lines = definitions(seed), stream(seed, orders=some_of(ORDERS), members=80)
    expected = replay(lines, rules)
    assert expected.grants
    assert differences(expected, folded(lines, rules, random.Random(seed))) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_small_lives_come_out_as_the_oracle_says(seed: int) -> None:
    for number in range(seed * LIVES_EACH, seed * LIVES_EACH + some_of(LIVES_EACH)):
        rules, lines = life(number)
        found = _life_differences(rules, lines)
        if found:
            lines = _fewest(rules, lines)
            pytest.fail(f"life {number}: {_life_differences(rules, lines)}\n" + b"\n".join(lines).decode(errors="replace"))


def _life_differences(rules: list[dict[str, object]], lines: list[bytes]) -> list[str]:
    return differences(replay(lines, rules), folded(lines, rules, random.Random(len(lines)), partitions=1))


def _fewest(rules: list[dict[str, object]], lines: list[bytes]) -> list[bytes]:
    """Of these lines, to be read: none of them can be left out without the difference going away."""
    for line in lines:
        fewer = [each for each in lines if each is not line]
        if _life_differences(rules, fewer):
            return _fewest(rules, fewer)
    return lines
