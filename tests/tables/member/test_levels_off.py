"""Nothing grows: after many retention periods in which activities come and go, a partition keeps no more than after half as many."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rules.times import DAY_MS, epoch_ms
from tests.folding import Folding
from tests.oracle.examples import order, program, refund, spend, upgrade

START = datetime(2024, 1, 1, tzinfo=UTC)
LATE_DAYS, REFUND_DAYS = 1, 2
PERIODS = 300
PERIOD_DAYS = LATE_DAYS + REFUND_DAYS
DAYS = PERIODS * PERIOD_DAYS
# An activity and an upgrade begin every so often, and last longer.
EVERY_DAYS, LAST_DAYS = 2, 3
MEMBERS = 12


def moment(day: int, hour: int = 0) -> datetime:
    return START + timedelta(days=day, hours=hour)


def definitions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [program(2_000)]
    for day in range(0, DAYS, EVERY_DAYS):
        dates = {"starts_at": moment(day).isoformat(), "ends_at": moment(day + LAST_DAYS).isoformat()}
        found.append(spend(code=f"spend-{day}", **dates))
        found.append(upgrade("classic/*", code=f"up-{day}", **dates))
    return found


def documents(day: int, draw: random.Random) -> list[dict[str, Any]]:
    """A day's: orders of some members, refunds of some of them, and refunds that come before their order, which never comes."""
    found = []
    for number in range(4):
        member = {"member_id": f"m{draw.randrange(MEMBERS)}"}
        found.append(order(f"o{day}-{number}", moment(day, 9).isoformat(), ("x", 1, draw.randrange(50, 400)), **member))
        if draw.random() < 0.4:
            found.append(refund(f"r{day}-{number}", f"o{day}-{number}", moment(day, 10).isoformat(), ("x", 1, 30), **member))
    found.append(refund(f"e{day}", f"never-{day}", moment(day, 10).isoformat(), ("x", 1, 1), member_id=f"stranger-{day}"))
    return found


@pytest.mark.slow
def test_a_partition_keeps_no_more_after_300_retention_periods_than_after_160() -> None:
    folding = Folding(definitions(), late_ms=LATE_DAYS * DAY_MS, refund_ms=REFUND_DAYS * DAY_MS)
    # Days are kept for rules that are yet to change no longer than for what may still come.
    folding.rulebook.keep_days = PERIOD_DAYS
    (table,) = folding.tables
    draw = random.Random(5)
    live: dict[bytes | None, int] = {}
    kept: list[tuple[int, int, int, int, int]] = []
    for day in range(DAYS):
        for document in documents(day, draw):
            folding.take(document, now_ms=epoch_ms(moment(day, 11)))
        folding.turn()
        folding.sweep(epoch_ms(moment(day, 23)))
        # What a compacted changelog would hold.
        for record in folding.committed:
            live.pop(record.key, None)
            if record.value is not None:
                live[record.key] = len(record.value)
        folding.committed.clear()
        largest = max(map(len, table.members.values()))
        kept.append((len(table.members), largest, len(live), sum(live.values()), len(table.timers)))
    assert len(folding.grants()) > DAYS
    # The index of orders has as many groups as it will ever have once some hundred periods are over: small ones are seldom emptied.
    early = [max(column) for column in zip(*kept[110 * PERIOD_DAYS : 160 * PERIOD_DAYS], strict=True)]
    late = [max(column) for column in zip(*kept[-50 * PERIOD_DAYS :], strict=True)]
    # Sums and the refs of activities take a few digits more.
    assert all(after <= before * 1.1 for before, after in zip(early, late, strict=True)), (early, late)
