"""What comes out of a generated stream is what the oracle says (spec 1 to 4, 6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generate import definitions, stream
from tests.oracle import replay as oracle
from tests.replay.command import Document, replay
from tests.thorough import seeds, where_all_is_tried

pytestmark = pytest.mark.slow


@pytest.mark.thorough
@pytest.mark.timeout(600)
@pytest.mark.parametrize("orders", [6_000, *where_all_is_tried(70_000)])
@pytest.mark.parametrize(
    "broker", ["in-process", *where_all_is_tried(pytest.param("kafka", marks=pytest.mark.kafka))], indirect=True
)
def test_thousands_of_orders(tmp_path: Path, broker: list[str], prefix: str, orders: int) -> None:
    """That workers give out the same, byte for byte: test_both_ways.py."""
    rules, lines = definitions(21), stream(21, orders=orders, members=orders // 12)
    ran = replay(tmp_path, rules, lines, broker, prefix=prefix)
    assert ran.code == 0, ran.said
    assert ran.differences(oracle(lines, rules)) == []
    assert ran.grants == sorted(ran.grants, key=grant_order)
    assert ran.levels == sorted(ran.levels, key=lambda row: (row["program"], row["member_id"]))
    assert {"grant_id", "activity", "member_id", "ordinal", "order_id", "occurred_at", "gifts"} <= ran.grants[0].keys()
    assert all({"program", "member_id", "level", "since"} <= row.keys() for row in ran.levels)
    upgrades = [grant for grant in ran.grants if grant["level"] is not None]
    assert upgrades and all(grant["ordinal"] is None and "/" in grant["level"] for grant in upgrades)
    assert all(grant["ordinal"] >= 1 for grant in ran.grants if grant["level"] is None)
    assert set(ran.stats) == {"orders", "seconds", "orders_per_second", "worker_cpu_seconds", "compiled", "grants", "dead_letters"}
    counts = {"orders": len(lines), "grants": len(ran.grants), "dead_letters": len(ran.letters)}
    assert {name: ran.stats[name] for name in counts} == counts
    assert ran.stats["worker_cpu_seconds"] > 0


@pytest.mark.parametrize("number", seeds(5, quick=0))
def test_more_seeds(tmp_path: Path, number: int) -> None:
    rules, lines = definitions(31 + number), stream(31 + number, orders=4_000, members=60 * (number + 1))
    ran = replay(tmp_path, rules, lines)
    assert ran.code == 0, ran.said
    assert ran.differences(oracle(lines, rules)) == []


def grant_order(grant: Document) -> tuple[str, str, int, str, str]:
    """Spec 6: by activity, member_id, ordinal or level; gains of one level by their id."""
    return grant["activity"], grant["member_id"], grant["ordinal"] or 0, grant["level"] or "", grant["grant_id"]
