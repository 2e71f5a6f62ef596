"""What counted is kept by local day: so long as a window can change, and for rules that are yet to change (spec 3.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.levels.kept import Standing
from rules.rulebook.rulebook import Rulebook
from tests.folding import Folding
from tests.oracle.examples import order, program
from tests.rules.rulebook.saved import version

FIRST = datetime(2024, 1, 1, 12, tzinfo=UTC)
DAYS = 700


def standing_of(standard: dict[str, Any], keep_days: int, per_day: int = 1) -> Standing:
    """Of one who bought on every day."""
    folding = Folding([])
    closes_after_ms = folding.settings.late_ms + folding.settings.refund_ms
    saved = version(program(100, 200, 300, standard=standard))
    folding.rulebook = Rulebook(enumerate([saved]), closes_after_ms=closes_after_ms, keep_days=keep_days)
    for day in range(DAYS):
        at = FIRST + timedelta(days=day)
        for number in range(per_day):
            document = order(f"o{day}-{number}", at.isoformat(), ("x", 1, 1 + number))
            folding.take(document, now_ms=int(at.timestamp() * 1000))
    folding.turn()
    member = folding.member("ann")
    assert member is not None and member.memberships[0].standing is not None
    return member.memberships[0].standing


@pytest.mark.parametrize(
    ("standard", "keep_days", "kept"),
    [
        ({"mode": "each"}, 400, 400),
        ({"mode": "each"}, 1, 35 + 180),
        ({"mode": "total", "window": "since_upgrade"}, 500, 500),
        ({"mode": "total", "window": "period", "period": {"days": 300}}, 400, 35 + 180 + 300),
    ],
)
def test_days_are_kept_as_long_as_they_are_needed(standard: dict[str, Any], keep_days: int, kept: int) -> None:
    standing = standing_of(standard, keep_days)
    assert kept <= len(standing.days) <= kept + 4 and standing.orders == {}


@pytest.mark.slow
def test_of_a_day_with_many_orders_the_largest_are_kept() -> None:
    standing = standing_of({"mode": "each"}, 1, per_day=12)
    assert len(standing.days) < 225 and set(standing.days.values()) == {sum(range(1, 13))}
    assert all(sorted(orders) == list(range(5, 13)) for orders in standing.orders.values())
