"""What an event costs does not grow with what its member or its order has beside: as many steps as of others (bytecodes, which are the same
in every run).
"""

from __future__ import annotations

from typing import Any

from agents.fold.leading import next_id
from benchmarks.bytecodes import Counted
from rules.clock import DocumentsClock
from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.state import ALWAYS_MS, NEVER_MS, Kin, Member, Seldom
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend

Document = dict[str, Any]


def steps(folding: Folding, document: Document) -> int:
    """Of a turn with this document alone."""
    folding.take(document)
    with Counted() as counted:
        folding.turn()
    assert folding.reasons() == []
    return sum(counted.bytecodes.values())


def test_a_line_given_back_of_an_order_of_many_lines() -> None:
    def of(lines: int) -> int:
        folding = Folding([program(), spend()], DocumentsClock())
        folding.take(order("a", at(1), *((f"x{number}", 1, 100) for number in range(lines))))
        folding.turn()
        return steps(folding, refund("r", "a", at(2), ("x7", 1, 100)))

    assert of(1_000) < 1.1 * of(10)


def test_an_order_in_an_activity_of_which_the_threshold_was_changed_often() -> None:
    def of(versions: int) -> int:
        folding = Folding([], DocumentsClock())
        saved = [
            Saved(kind="activity", code="spend", version=number, saved_at_ms=number * 60_000, document=spend(threshold=99 + number))
            for number in range(1, versions + 1)
        ]
        first = Saved(kind="program", code="classic", version=1, saved_at_ms=ALWAYS_MS, document=program())
        folding.rulebook = Rulebook(enumerate([first, *saved]))
        folding.take(order("a", at(1), ("x", 1, 90)))
        folding.turn()
        return steps(folding, order("b", at(1), ("x", 1, 500)))

    assert of(300) < 1.1 * of(3)


class Compared(str):
    """An id, and how often ids were compared with another."""

    __slots__ = ()
    times = 0

    def __eq__(self, other: object) -> bool:
        Compared.times += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_the_next_id_of_a_member_to_whom_many_lead() -> None:
    """He is asked under each: so for all of them it is looked at each of the others once."""
    folding = Folding([program(), spend()], DocumentsClock())
    folding.take(order("a", at(1), ("x", 1, 1)))
    folding.turn()
    (table,) = folding.tables
    member = Member(rest=Seldom(kin=[Kin(f"old{number}", NEVER_MS) for number in range(200)]))
    asked: list[str] = [Compared(f"old{number}") for number in range(199)]
    assert next_id(folding.begin(table), member, asked) == "old199"
    assert Compared.times <= 2 * len(asked)
