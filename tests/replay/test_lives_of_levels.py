"""The contract's own lives of levels through `tidemark replay` (spec 3.1 to 3.5, 1.9, 1.10, 2.8, 6)."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.examples.load import examples
from tests.examples.test_levels import place_of, told
from tests.generate.terms import life
from tests.oracle.examples import order, program
from tests.oracle.terms import play
from tests.oracle.times import to_us
from tests.replay.command import replay
from tests.rules.levels.test_against_oracle import of_orders_that_are_kept
from tests.thorough import seeds

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("example", examples("levels"), ids=lambda example: example["name"])
def test_it_comes_out_as_worked_out(tmp_path: Path, example: dict[str, Any]) -> None:
    lines = [json.dumps(document).encode() for document in example["documents"]]
    ran = replay(tmp_path, example["definitions"], lines)
    assert ran.code == 0, ran.said
    expected = example["expect"]
    assert told(ran.levels, expected["levels"]) == told(expected["levels"], expected["levels"])
    changes = ran.files["changes"]
    for member_id in {change["member_id"] for change in (*changes, *expected["changes"])}:
        mine = [each for each in expected["changes"] if each["member_id"] == member_id]
        assert told([each for each in changes if each["member_id"] == member_id], mine) == told(mine, mine)
    assert ran.grants == sorted(ran.grants, key=place_of)
    assert told(ran.grants, expected["grants"]) == told(expected["grants"], expected["grants"])
    assert [reason for reason, _ in ran.dead_letters()] == expected["dead_letters"]


@pytest.mark.parametrize("seed", seeds(30, quick=0))
def test_lives_under_programs_that_are_changed_come_out_as_by_the_second_implementation(tmp_path: Path, seed: int) -> None:
    definitions, documents = life(seed, 120, members=6, changes=True, merges=seed % 3 == 0)
    _compare(tmp_path, definitions, documents)


@pytest.mark.parametrize("seed", seeds(12, quick=0))
def test_members_of_eighteen_programs_are_judged_in_each_as_by_the_second_implementation(tmp_path: Path, seed: int) -> None:
    definitions, documents = life(seed, 180, members=8, changes=seed % 2 == 1, merges=seed % 4 == 3, programs=18)
    _compare(tmp_path, definitions, documents)


def _compare(tmp_path: Path, definitions: list[dict[str, Any]], documents: list[dict[str, Any]]) -> None:
    """Levels, changes, grants and dead letters with what the second implementation says."""
    documents = of_orders_that_are_kept(documents)
    ran = replay(tmp_path, definitions, [json.dumps(each).encode() for each in documents])
    assert ran.code == 0, ran.said
    played = play(documents, definitions)
    for row in played.levels:
        # Of none after a level the examples give no time.
        row["since"] = row["since"] if row["level"] is not None else None

    def rows(found: list[dict[str, Any]], like: list[dict[str, Any]]) -> list[dict[str, Any]]:
        fields = like[0].keys() if like else ()
        return [{name: _us(each[name]) if name in ("since", "occurred_at") else each[name] for name in fields} for each in found]

    places = [(each["program"], each["member_id"]) for each in played.levels]
    assert rows(ran.levels, played.levels) == [row for _, row in sorted(zip(places, played.levels, strict=True))]
    for program_code, member_id in places:
        told_of, wanted = (
            [each for each in some if (each["program"], each["member_id"]) == (program_code, member_id)]
            for some in (ran.files["changes"], played.changes)
        )
        assert rows(told_of, wanted) == wanted
    assert sorted(map(str, rows(ran.grants, played.grants))) == sorted(map(str, played.grants))
    # A refund that nothing came for stands where its line does, and the second implementation tells it when it is given up.
    assert Counter(reason for reason, _ in ran.dead_letters()) == Counter(reason for reason, _ in played.dead_letters)


def _us(time: str | None) -> int | None:
    return None if time is None else to_us(datetime.fromisoformat(time))


@pytest.mark.parametrize("period", [{"days": 40}, {"months": 1}])
def test_who_has_bought_on_a_hundred_days_is_judged_as_before(tmp_path: Path, period: dict[str, int]) -> None:
    standard = {"mode": "total", "window": "period", "period": period}
    rules = program(50, 90, 400, standard=standard, validity={"days": 20}, spending_downgrade=True)
    first = datetime.fromisoformat("2024-01-01T12:00:00+00:00")
    times = [(first + timedelta(days=day + day // 30 * 25)).isoformat() for day in range(150)]
    orders = [order(f"o{day}", time, ("x", 1, day * 7 % 40)) for day, time in enumerate(times)]
    ran = replay(tmp_path, [rules], [json.dumps(each).encode() for each in orders])
    expected = play(orders, [rules])
    assert ran.dead_letters() == []
    changes = [(each["why"], each["level"], to_us(datetime.fromisoformat(each["since"]))) for each in ran.files["changes"]]
    assert changes == [(each["why"], each["level"], each["since"]) for each in expected.changes]
    assert len(changes) > 5
