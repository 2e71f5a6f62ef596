"""A changed program reaches everybody, as of when it came to hold by the partition's clock (spec 1.2, 3.5, 3.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from agents.turns.recalculation import Recalculation
from agents.turns.sweep import sweep
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.times import epoch_ms
from tables.layout import member_key
from tests.folding import Folding
from tests.oracle.examples import order, refund, upgrade

CHANGED = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
# A later version holds 10 s after it was saved.
HOLDS = CHANGED + timedelta(seconds=10)
HOUR = timedelta(hours=1)


def program(silver: int, *, gold: bool = True) -> dict[str, Any]:
    levels = [
        {"code": "silver", "name": "Silver", "threshold": silver},
        {"code": "gold", "name": "Gold", "threshold": 50_000, "enabled": gold},
    ]
    return {"kind": "program", "code": "classic", "name": "Classic", "currency": "GBP", "levels": levels}


def changing(before: dict[str, Any], after: dict[str, Any]) -> Folding:
    """A program that is changed at CHANGED, and an activity that grants for every level of it."""
    activity = upgrade("classic/*")
    folding = Folding([])
    folding.rulebook = Rulebook(
        [
            (0, Saved(kind="program", code="classic", version=1, saved_at_ms=0, document=before)),
            (1, Saved(kind="activity", code=activity["code"], version=1, saved_at_ms=0, document=activity)),
            (2, Saved(kind="program", code="classic", version=2, saved_at_ms=epoch_ms(CHANGED), document=after)),
        ]
    )
    return folding


def ordered(folding: Folding, order_id: str, when: datetime, amount: int, member_id: str = "ann") -> None:
    folding.take(order(order_id, when.isoformat(), ("x", 1, amount), member_id=member_id), now_ms=epoch_ms(when))
    folding.turn()


def changes(folding: Folding) -> list[tuple[str, str | None, str, str]]:
    return [(each["member_id"], each["level"], each["why"], each["since"]) for each in folding.level_changes()]


def test_whoever_nothing_touches_is_judged_by_it_and_nobody_else_is_written() -> None:
    folding = changing(program(10_000), program(10_000, gold=False))
    ordered(folding, "a", CHANGED - HOUR, 60_000)
    ordered(folding, "b", CHANGED - HOUR, 20_000, member_id="bob")
    folding.tables[0].clock.reach(epoch_ms(HOLDS))
    folding.committed.clear()
    folding.recalculate()
    assert changes(folding)[2:] == [("ann", "silver", "rule", HOLDS.isoformat())]
    assert [record.key for record in folding.committed if (record.key or b"").startswith(b"m")] == [member_key("ann")]
    # That is remembered: it is done once.
    assert folding.tables[0].head.judged_ref == 2
    folding.committed.clear()
    folding.recalculate()
    assert folding.committed == []


def test_what_waits_from_before_the_change_is_judged_by_the_program_of_its_time() -> None:
    """A worker was down while a program changed: its partitions' clocks are where they were, whatever the time is by now."""
    folding = changing(program(10_000), program(5_000))
    ordered(folding, "before", CHANGED - 2 * HOUR, 6_000)
    folding.recalculate()
    ordered(folding, "waited", CHANGED - HOUR, 100)
    folding.recalculate()
    assert changes(folding) == [] and folding.tables[0].head.judged_ref == -1
    # Time goes on, and so does the change.
    ordered(folding, "bob's", HOLDS + HOUR, 1, member_id="bob")
    folding.recalculate()
    assert changes(folding) == [("ann", "silver", "rule", HOLDS.isoformat())]


def test_a_refund_raises_no_level_whatever_changed_before_it() -> None:
    folding = changing(program(10_000), program(5_000))
    ordered(folding, "o", CHANGED - HOUR, 6_000)
    back = refund("r", "o", (HOLDS + HOUR).isoformat(), ("x", 1, 100))
    folding.take(back, now_ms=epoch_ms(HOLDS + HOUR))
    folding.turn()
    # The change did, before the refund was applied; so the grant is the changed rule's.
    assert changes(folding) == [("ann", "silver", "rule", HOLDS.isoformat())]
    assert [(grant["order_id"], grant["occurred_at"]) for grant in folding.grants()] == [(None, HOLDS.isoformat())]


def test_it_goes_on_over_many_turns_between_which_orders_come() -> None:
    folding = changing(program(10_000), program(5_000))
    folding.settings = msgspec.structs.replace(folding.settings, turn_bytes=2_000)
    for number in range(200):
        ordered(folding, "o", CHANGED - HOUR, 6_000, member_id=f"m{number}")
    table = folding.tables[0]
    table.clock.reach(epoch_ms(HOLDS))
    before = table.head.turn
    folding.recalculate()
    assert table.head.turn - before > 10
    assert sorted(each[0] for each in changes(folding)) == sorted(f"m{number}" for number in range(200))


def test_who_is_deleted_in_the_turn_in_which_everybody_is_judged_is_gone_and_the_others_are_judged() -> None:
    """As where documents share their turn with what is due."""
    folding = changing(program(10_000), program(10_000, gold=False))
    for member_id in ("ann", "bob", "cy"):
        ordered(folding, f"of-{member_id}", CHANGED - HOUR, 60_000, member_id=member_id)
    table = folding.tables[0]
    table.clock.reach(epoch_ms(HOLDS))
    turn = folding.begin(table)
    table.delete("bob")
    Recalculation().step(turn, 1_000)
    folding.seal(table, turn)
    assert sorted(changes(folding)[3:]) == [(each, "silver", "rule", HOLDS.isoformat()) for each in ("ann", "cy")]
    assert folding.member("bob") is None


def test_of_who_is_deleted_in_the_turn_in_which_something_of_his_is_due_nothing_is_due_any_more() -> None:
    folding = changing(program(10_000) | {"standard": {"mode": "each"}, "validity": {"days": 1}}, program(10_000))
    for member_id in ("ann", "bob"):
        ordered(folding, f"of-{member_id}", CHANGED - 40 * HOUR, 20_000, member_id=member_id)
    table = folding.tables[0]
    ends = datetime(2026, 3, 1, tzinfo=UTC)
    table.clock.reach(epoch_ms(ends))
    turn = folding.begin(table)
    table.delete("bob")
    sweep(turn, 1_000)
    folding.seal(table, turn)
    assert changes(folding)[2:] == [("ann", None, "ended", ends.isoformat())]
    assert folding.member("bob") is None
