"""A scheduled program comes to hold while workers are killed: new members at once, existing ones at the set time, each once (spec 3.6)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.times import epoch_ms, epoch_us
from streams.topics import GIFTS, LEVELS
from tests.agents.turns.alone import Alone
from tests.agents.turns.killed import Killed
from tests.folding import SETTINGS
from tests.oracle.examples import order, upgrade
from tests.thorough import seeds

SAVED = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
SET = SAVED + timedelta(days=2)
HOUR = timedelta(hours=1)
OF_EACH = 40

# A kind of member: his orders, (when, amount) each; when and why he gains the level, and by which order.
KINDS: dict[str, tuple[list[tuple[datetime, int]], tuple[datetime, str, str | None] | None]] = {
    "idle": ([(SAVED - HOUR, 6_000)], (SET, "rule", None)),
    "touched": ([(SAVED - HOUR, 6_000), (SET - HOUR, 100), (SET + HOUR, 100)], (SET, "rule", None)),
    "early": ([(SAVED - HOUR, 6_000), (SET - HOUR, 5_000)], (SET - HOUR, "order", "1")),
    "late": ([(SAVED - HOUR, 100), (SET + HOUR, 5_000)], (SET + HOUR, "order", "1")),
    "new": ([(SAVED + HOUR, 6_000)], (SAVED + HOUR, "order", "0")),
    "never": ([(SAVED - HOUR, 100), (SAVED + HOUR, 100)], None),
}


def program(silver: int) -> dict[str, Any]:
    levels = [{"code": "silver", "name": "Silver", "threshold": silver}]
    return {"kind": "program", "code": "classic", "name": "Classic", "currency": "GBP", "levels": levels}


def rulebook() -> Rulebook:
    activity = upgrade("classic/silver", regain=True)
    first = Saved(kind="program", code="classic", version=1, saved_at_ms=0, document=program(10_000))
    second = Saved(
        kind="program",
        code="classic",
        version=2,
        saved_at_ms=epoch_ms(SAVED),
        document=program(5_000),
        existing_us=epoch_us(SET),
    )
    return Rulebook(enumerate([first, Saved(kind="activity", code="up", version=1, saved_at_ms=0, document=activity), second]))


def members() -> list[tuple[str, str]]:
    return [(kind, f"{kind}{number}") for number in range(OF_EACH) for kind in KINDS]


def partition() -> Alone:
    alone = Alone(rulebook(), msgspec.structs.replace(SETTINGS, turn_bytes=8_000))
    orders = [
        (when, order(str(number), when.isoformat(), ("x", 1, amount), member_id=member_id))
        for kind, member_id in members()
        for number, (when, amount) in enumerate(KINDS[kind][0])
    ]
    for when, document in sorted(orders, key=lambda each: each[0]):
        alone.append(document, epoch_ms(when))
    return alone


@pytest.mark.parametrize("seed", seeds(4, quick=1))
def test_each_is_judged_once_at_his_time_however_often_a_worker_is_killed(seed: int) -> None:
    alone = partition()
    killed = Killed(alone, seed)
    killed.work(epoch_ms(SET + 2 * HOUR))
    assert killed.unfinished > 1 and (killed.times or seed == 0)
    changes = Counter((each["member_id"], each["level"], each["why"], each["since"]) for each in alone.put_out[LEVELS])
    gained = [(member_id, KINDS[kind][1]) for kind, member_id in members()]
    assert changes == Counter((member, "silver", at[1], at[0].isoformat()) for member, at in gained if at is not None)
    grants = Counter((each["grant_id"], each["order_id"], each["occurred_at"]) for each in alone.put_out[GIFTS])
    assert grants == Counter((f"up/{member}/classic/silver/1", at[2], at[0].isoformat()) for member, at in gained if at is not None)
    # That everybody was judged is remembered, also by whoever takes the partition over.
    alone.kill()
    alone.shard.table.clock.reach(epoch_ms(SET + 3 * HOUR))
    assert alone.see_to() is None
