"""A grant says of which version its gifts are: that of the order that reached it, or that held when the level was gained (spec 2.5)."""

from __future__ import annotations

from typing import Any

from tests.folding import Folding
from tests.oracle.examples import at, order, program, spend, upgrade
from tests.rules.rulebook.saved import rulebook, version

DAY_MS = 86_400_000
FIRST_MS = 1_704_067_200_000  # 1 January 2024


def points(number: int) -> dict[str, Any]:
    return {"gifts": [{"kind": "points", "points": number}]}


def play(rules: list[Any], *documents: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Every grant's id, version and points."""
    folding = Folding([])
    folding.rulebook = rulebook(*rules)
    for document in documents:
        folding.take(document, now_ms=FIRST_MS + 9 * DAY_MS)
    folding.turn()
    assert folding.reasons() == []
    return [(grant["grant_id"], grant["version"], grant["gifts"][0]["points"]) for grant in folding.grants()]


def test_it_is_the_version_that_holds_at_the_orders_time_whatever_came_since() -> None:
    rules = [
        version(program()),
        version(spend(**points(1))),
        # The second changes nothing of the gifts: it is one all the same.
        version(spend(**points(1), description="a word more"), 2, FIRST_MS + 2 * DAY_MS),
        version(spend(**points(3)), 3, FIRST_MS + 4 * DAY_MS),
    ]
    line = ("x", 1, 100)
    orders = [order("a", at(1), line), order("b", at(4), line), order("c", at(8), line), order("d", at(2), line)]
    assert play(rules, *orders) == [("spend/ann/1", 1, 1), ("spend/ann/2", 2, 1), ("spend/ann/3", 3, 3), ("spend/ann/4", 1, 1)]


def test_what_is_owed_since_an_earlier_version_is_given_with_the_gifts_of_the_order_that_counts() -> None:
    rules = [
        version(program()),
        version(spend("once", 200, **points(1))),
        version(spend("once", 50, **points(2)), 2, FIRST_MS + 2 * DAY_MS),
    ]
    assert play(rules, order("a", at(1), ("x", 1, 100)), order("b", at(5), ("x", 1, 1))) == [("spend/ann/1", 2, 2)]


def test_an_upgrade_has_the_version_that_holds_when_the_level_is_gained() -> None:
    rules = [
        version(program(100, 200)),
        version(upgrade("classic/*", **points(1))),
        version(upgrade("classic/*", **points(2)), 2, FIRST_MS + 2 * DAY_MS),
    ]
    assert play(rules, order("a", at(1), ("x", 1, 100)), order("b", at(5), ("x", 1, 100))) == [
        ("up/ann/classic/one", 1, 1),
        ("up/ann/classic/two", 2, 2),
    ]
