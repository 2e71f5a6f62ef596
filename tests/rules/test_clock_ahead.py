"""An order from a clock that is ahead is judged by the versions that are known when it is applied (spec 2.5)."""

from __future__ import annotations

from typing import Any

from rules.times import DAY_MS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend
from tests.rules.rulebook.saved import rulebook, version

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`
HOUR_MS = DAY_MS // 24


def points(number: int, threshold: int) -> dict[str, Any]:
    return spend("every", threshold, gifts=[{"kind": "points", "points": number}])


def test_what_it_counted_in_stays_and_later_ones_of_that_time_count_in_the_later_version() -> None:
    folding = Folding([])
    first, second = version(points(1, 100)), version(points(2, 50), 2, NOON_MS + 60_000)
    folding.rulebook = rulebook(version(program()), first)
    ahead = at(1, "13:00:00")
    folding.take(order("early", ahead, ("x", 1, 130)), now_ms=NOON_MS)
    folding.turn()
    # Saved before that time has come.
    folding.rulebook = rulebook(version(program()), first, second)
    folding.take(order("known", ahead, ("x", 1, 20)), now_ms=NOON_MS + 120_000)
    folding.take(refund("r", "early", at(1, "14:00:00"), ("x", 0, 100)), now_ms=NOON_MS + 2 * HOUR_MS)
    folding.take(order("last", at(1, "14:00:00"), ("x", 1, 149)), now_ms=NOON_MS + 2 * HOUR_MS)
    folding.take(order("more", at(1, "14:00:00"), ("x", 1, 1)), now_ms=NOON_MS + 2 * HOUR_MS)
    folding.turn()
    # 130 under the first: one. 150 in all with 20 more: the second by the second's 50. After the refund 30 and 20: floor(50/50) earns 1;
    # 149 more makes floor(199/50) = 3, and 1 more 4.
    assert [(grant["ordinal"], grant["order_id"], grant["version"]) for grant in folding.grants()] == [
        (1, "early", 1),
        (2, "known", 2),
        (3, "last", 2),
        (4, "more", 2),
    ]
