"""A changed program meets a backlog, over many turns, and workers that are killed in the middle (spec 3.5, 3.6): it comes to the same."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.times import epoch_ms, moment
from streams.topics import GIFTS, LEVELS
from tests.agents.turns.alone import Alone
from tests.agents.turns.killed import Killed
from tests.folding import SETTINGS
from tests.oracle.examples import order, upgrade
from tests.thorough import seeds

LOWERED = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
RAISED = LOWERED + timedelta(hours=2)
# A later version holds 10 s after it was saved.
LOWER_HOLDS, HIGHER_HOLDS = (changed + timedelta(seconds=10) for changed in (LOWERED, RAISED))
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
OF_EACH = 40

# A kind of member: his orders, (when, amount) each; what becomes of his level, (level, why, since); which order earns the gift, and when.
# An order is appended when it is placed.
KINDS: dict[str, tuple[list[tuple[datetime, int]], list[tuple[str | None, str, datetime]], list[tuple[str | None, datetime]]]] = {
    # Whom nothing touches is raised by the one version and lowered by the other.
    "idle": (
        [(LOWERED - HOUR, 6_000)],
        [("silver", "rule", LOWER_HOLDS), (None, "rule", HIGHER_HOLDS)],
        [(None, LOWER_HOLDS)],
    ),
    "always": ([(LOWERED - HOUR, 12_000)], [("silver", "order", LOWERED - HOUR)], [("0", LOWERED - HOUR)]),
    "never": ([(LOWERED - HOUR, 100), (LOWER_HOLDS + HOUR, 100)], [], []),
    # His order came before the change, and waits: it does not find him changed.
    "waits": (
        [(LOWERED - HOUR, 4_900), (LOWER_HOLDS - SECOND, 200)],
        [("silver", "rule", LOWER_HOLDS), (None, "rule", HIGHER_HOLDS)],
        [(None, LOWER_HOLDS)],
    ),
    # It comes after the change, which is judged before it.
    "touched": (
        [(LOWERED - HOUR, 6_000), (LOWER_HOLDS + HOUR, 3_000)],
        [("silver", "rule", LOWER_HOLDS)],
        [(None, LOWER_HOLDS)],
    ),
    "reaches": (
        [(LOWERED - HOUR, 4_900), (LOWER_HOLDS + HOUR, 200)],
        [("silver", "order", LOWER_HOLDS + HOUR), (None, "rule", HIGHER_HOLDS)],
        [("1", LOWER_HOLDS + HOUR)],
    ),
}
CURRENT = {"idle": None, "always": "silver", "never": None, "waits": None, "touched": "silver", "reaches": None}


def program(silver: int) -> dict[str, Any]:
    levels = [{"code": "silver", "name": "Silver", "threshold": silver}]
    return {"kind": "program", "code": "classic", "name": "Classic", "currency": "GBP", "levels": levels}


def rulebook() -> Rulebook:
    """A program whose level was first made easier to reach, and then harder."""
    versions = [(1, 0, program(10_000)), (2, epoch_ms(LOWERED), program(5_000)), (3, epoch_ms(RAISED), program(8_000))]
    activity = upgrade("classic/silver")
    saved = [Saved(kind="program", code="classic", version=n, saved_at_ms=ms, document=document) for n, ms, document in versions]
    saved.insert(1, Saved(kind="activity", code=activity["code"], version=1, saved_at_ms=0, document=activity))
    return Rulebook(enumerate(saved))


def members() -> list[tuple[str, str]]:
    return [(kind, f"{kind}{number}") for number in range(OF_EACH) for kind in KINDS]


def partition() -> Alone:
    """All orders stand on its feed, of which nothing was folded: a worker that was down while all this happened."""
    alone = Alone(rulebook(), msgspec.structs.replace(SETTINGS, turn_bytes=8_000))
    orders = [
        (when, order(str(number), when.isoformat(), ("x", 1, amount), member_id=member_id))
        for kind, member_id in members()
        for number, (when, amount) in enumerate(KINDS[kind][0])
    ]
    for when, document in sorted(orders, key=lambda each: each[0]):
        alone.append(document, epoch_ms(when))
    return alone


def assert_right(alone: Alone) -> None:
    """Every member has what his documents and the versions say, once."""
    changes = Counter((each["member_id"], each["level"], each["why"], each["since"]) for each in alone.put_out[LEVELS])
    assert changes == Counter(
        (member_id, level, why, since.isoformat()) for kind, member_id in members() for level, why, since in KINDS[kind][1]
    )
    grants = Counter((each["member_id"], each["order_id"], each["occurred_at"]) for each in alone.put_out[GIFTS])
    assert grants == Counter(
        (member_id, order_id, at.isoformat()) for kind, member_id in members() for order_id, at in KINDS[kind][2]
    )
    kept = alone.members()
    assert {member_id: kept[member_id].memberships[0].level for _, member_id in members()} == {
        member_id: CURRENT[kind] for kind, member_id in members()
    }


@pytest.mark.parametrize("seed", seeds(4, quick=1))
def test_it_is_the_same_however_often_a_worker_is_killed_in_the_middle(seed: int) -> None:
    alone = partition()
    killed = Killed(alone, seed)
    killed.work(epoch_ms(HIGHER_HOLDS + HOUR))
    assert killed.unfinished > 3 and (killed.times > 1 or seed == 0)
    assert_right(alone)
    # That everybody was judged is remembered, also by whoever takes the partition over.
    alone.kill()
    alone.shard.table.clock.reach(epoch_ms(HIGHER_HOLDS + HOUR))
    assert alone.see_to() is None


def test_nobody_is_judged_by_a_version_before_the_clock_has_reached_it_though_all_know_of_it() -> None:
    """The rulebook has every version long before the backlog is folded: at each step only those that hold by then were judged by."""
    alone = partition()
    alone.arrive()
    while alone.shard.busy():
        alone.commit(alone.fold())
        latest = moment(alone.shard.table.clock.now_ms)
        assert all(datetime.fromisoformat(each["since"]) <= latest for each in alone.put_out[LEVELS])
        if latest < LOWER_HOLDS:
            assert {each["member_id"].rstrip("0123456789") for each in alone.put_out[LEVELS]} <= {"always"}
