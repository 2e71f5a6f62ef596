"""Benefits that are due of many at one midnight, by workers that are killed in the middle and stand still for years (spec 3.8)."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import msgspec
import pytest

from rules.times import epoch_ms
from streams.topics import BENEFITS
from tests.agents.turns.alone import Alone
from tests.folding import SETTINGS, rulebook_of
from tests.oracle.examples import order
from tests.thorough import seeds

BEGUN = datetime(2022, 1, 5, 10, tzinfo=UTC)
LATER = datetime(2024, 6, 1, 10, tzinfo=UTC)
MEMBERS = [f"m{number}" for number in range(30)]
SEEN_TO = 4
ISSUES = {"day": {"yearly": "03-08"}, "quarter": {"every_months": 6, "day": 31}}
# By which days, until LATER.
DAYS = {
    "day": ["2022-03-08", "2023-03-08", "2024-03-08"],
    "quarter": ["2022-01-31", "2022-07-31", "2023-01-31", "2023-07-31", "2024-01-31"],
}
PROGRAM = {
    "kind": "program",
    "code": "club",
    "name": "Club",
    "currency": "GBP",
    "levels": [
        {
            "code": "silver",
            "name": "Silver",
            "threshold": 100,
            "benefits": [
                {"kind": "cash_voucher", "code": code, "name": code, "amount": 5, "issue": issue} for code, issue in ISSUES.items()
            ],
        }
    ],
}


def partition() -> Alone:
    alone = Alone(rulebook_of([PROGRAM]), msgspec.structs.replace(SETTINGS, seen_to=SEEN_TO))
    for number, member_id in enumerate(MEMBERS):
        document = order(f"o{number}", BEGUN.isoformat(), ("x", 1, 100), member_id=member_id)
        alone.append(document, epoch_ms(BEGUN))
    alone.settle()
    return alone


@pytest.mark.parametrize("seed", seeds(4, quick=1))
def test_each_is_issued_once_however_often_workers_are_killed(seed: int) -> None:
    chance = random.Random(seed)
    alone = partition()
    killed = turns = 0
    while True:
        # After two years of standing still.
        alone.shard.table.clock.reach(epoch_ms(LATER))
        sealed = alone.see_to()
        if sealed is None:
            break
        turns += 1
        if seed and chance.random() < 0.3:
            alone.kill()
            killed += 1
            continue
        issued = len(alone.put_out[BENEFITS])
        alone.commit(sealed)
        # So many members, and no more, whatever is due of them.
        assert len({each["member_id"] for each in alone.put_out[BENEFITS][issued:]}) <= SEEN_TO
    assert turns > len(MEMBERS) // SEEN_TO and (killed > 1 or not seed)
    found = alone.put_out[BENEFITS]
    assert sorted(each["issue_id"] for each in found) == sorted(
        f"club/silver/{code}/{member_id}/{day}" for code, days in DAYS.items() for member_id in MEMBERS for day in days
    )
    assert all(each["issued_at"] == f"{each['issue_id'][-10:]}T00:00:00+00:00" for each in found)
    # Of one member in the order in which they were due.
    for member_id in MEMBERS:
        times = [each["issued_at"] for each in found if each["member_id"] == member_id]
        assert times == sorted(times)


def test_who_takes_over_says_the_same_code() -> None:
    """What was not committed is done again, and comes to the same bytes."""
    alone = partition()
    alone.shard.table.clock.reach(epoch_ms(LATER))
    first = alone.see_to()
    alone.kill()
    alone.shard.table.clock.reach(epoch_ms(LATER))
    again = alone.see_to()
    assert first is not None and again is not None
    assert list(first.outputs[BENEFITS]) == list(again.outputs[BENEFITS]) != []
