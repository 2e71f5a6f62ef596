"""What is due of one member is fired in the order in which it was due, however late."""

from __future__ import annotations

import pytest

from agents.turns import due
from agents.turns.due import Timer
from agents.turns.turn import Turn
from rules.state import NEVER_MS, Member
from tests.folding import Folding
from tests.oracle.examples import at, order, program
from tests.tables.test_partition import NOON_MS


class Times:
    """A kind of what becomes due at some times after noon."""

    def __init__(self, name: str, fired: list[tuple[str, int]], *times: int, again: bool = False) -> None:
        self.timer = Timer(self._due_ms, self._fire)
        self._name, self._fired, self._again = name, fired, again
        self._left = sorted(times)

    def _due_ms(self, _turn: Turn, _member: Member) -> int:
        return NOON_MS + self._left[0] if self._left else NEVER_MS

    def _fire(self, _turn: Turn, _member_id: str, member: Member, due_ms: int) -> None:
        self._fired.append((self._name, due_ms - NOON_MS))
        if not self._again:
            del self._left[0]


def fired_by(monkeypatch: pytest.MonkeyPatch, after_ms: int, *kinds: Times) -> Folding:
    folding = Folding([program(100)])
    folding.take(order("o", at(1), ("x", 1, 10)), now_ms=NOON_MS, received_ms=NOON_MS)
    folding.turn()
    monkeypatch.setattr(due, "_TIMERS", tuple(kind.timer for kind in kinds))
    (table,) = folding.tables
    table.clock.reach(NOON_MS + after_ms)
    member = table.member("ann")
    assert member is not None
    member.wait_until(NOON_MS)
    turn = Turn(table, folding.rulebook, folding.settings, folding.errors)
    assert due.has_due(turn, member)
    due.fire_due(turn, "ann", member)
    return folding


def test_the_earliest_first_and_of_one_instant_in_the_order_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    fired: list[tuple[str, int]] = []
    folding = fired_by(monkeypatch, 30, Times("ends", fired, 10, 20, 40), Times("releases", fired, 5, 20, 30))
    assert fired == [("releases", 5), ("ends", 10), ("ends", 20), ("releases", 20), ("releases", 30)]
    # Nothing that is kept of him is due, so nobody asks again.
    member = folding.member("ann")
    assert member is not None and member.due_ms == NEVER_MS


def test_what_is_left_undone_is_an_error_and_no_endless_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    fired: list[tuple[str, int]] = []
    folding = fired_by(monkeypatch, 30, Times("ends", fired, 10, again=True), Times("releases", fired, 20))
    assert fired == [("ends", 10), ("releases", 20)]
    assert folding.tables[0].timers.due(NOON_MS + 30) is None
