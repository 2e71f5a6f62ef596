"""A program that is off keeps counting, and nothing comes of it; on again it is as its members' spending says (spec 3.6, 3.7)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, upgrade
from tests.rules.rulebook.saved import rulebook, version

FIRST_MS = 1_704_067_200_000  # 1 January 2024
DAY_MS = 86_400_000
ON = program(100, 200, 300)
OFF = ON | {"enabled": False}


def noon_ms(day: int) -> int:
    return FIRST_MS + (day - 1) * DAY_MS + DAY_MS // 2


def midnight_ms(day: int) -> int:
    return FIRST_MS + (day - 1) * DAY_MS


def play(*documents: tuple[int, dict[str, Any]], regain: bool = True, until: int = 9) -> Folding:
    """Off from the midnight of the 3rd, on again from that of the 6th; each document on its day, and time goes on until a day."""
    folding = Folding([])
    folding.rulebook = rulebook(
        version(ON), version(upgrade("classic/*", regain=regain)), version(OFF, 2, midnight_ms(3)), version(ON, 3, midnight_ms(6))
    )
    for day, document in documents:
        folding.take(document, now_ms=noon_ms(day))
        folding.turn()
    folding.tables[0].clock.reach(noon_ms(until))
    folding.recalculate()
    assert folding.reasons() == []
    return folding


def changes(folding: Folding) -> list[tuple[str | None, str | None, str]]:
    """Those of level: that it is off, or on again, is told too."""
    told = [(change["before"], change["level"], change["why"]) for change in folding.level_changes()]
    return [change for change in told if change[0] != change[1]]


def ids(folding: Folding) -> list[str]:
    return [grant["grant_id"] for grant in folding.grants()]


BUY = (1, order("a", at(1), ("x", 1, 150)))
WHILE_OFF = (4, order("b", at(4), ("x", 1, 100)))
BACK_WHILE_OFF = (4, refund("r", "a", at(4), ("x", 1, 100)))


@pytest.mark.parametrize("meanwhile", [(), (WHILE_OFF,), (BACK_WHILE_OFF,)])
def test_nothing_comes_of_it_while_it_is_off_and_it_keeps_counting(meanwhile: tuple[Any, ...]) -> None:
    folding = play(BUY, *meanwhile, until=5)
    assert changes(folding) == [(None, "one", "order")] and ids(folding) == ["up/ann/classic/one/1"]
    counted = 150 + (100 if WHILE_OFF in meanwhile else 0) - (100 if BACK_WHILE_OFF in meanwhile else 0)
    assert folding.spending() == {("classic", "ann"): counted}


def test_on_again_who_has_the_same_level_has_gained_nothing() -> None:
    folding = play(BUY)
    assert changes(folding) == [(None, "one", "order")] and ids(folding) == ["up/ann/classic/one/1"]


def test_on_again_what_was_counted_meanwhile_is_judged_as_of_then() -> None:
    folding = play(BUY, WHILE_OFF)
    assert changes(folding) == [(None, "one", "order"), ("one", "two", "rule")]
    assert ids(folding) == ["up/ann/classic/one/1", "up/ann/classic/two/1"]
    assert folding.level_changes()[-1]["since"] == "2024-01-06T00:00:10+00:00"
    assert folding.grants()[-1]["order_id"] is None
    lower = play(BUY, BACK_WHILE_OFF)
    assert changes(lower) == [(None, "one", "order"), ("one", None, "rule")]


def test_who_comes_while_it_is_off_has_his_level_from_on_again() -> None:
    folding = play(WHILE_OFF)
    assert changes(folding) == [(None, "one", "rule")] and ids(folding) == ["up/ann/classic/one/1"]
    assert changes(play(WHILE_OFF, until=5)) == []


def test_an_order_after_it_is_on_again_is_an_order_as_ever() -> None:
    folding = play(BUY, WHILE_OFF, (7, order("c", at(7), ("x", 1, 100))))
    assert changes(folding) == [(None, "one", "order"), ("one", "two", "rule"), ("two", "three", "order")]
