"""What is due and throws costs itself: the member is left as he was and tried no more until there is cause, and nobody waits for him."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.fold import held
from agents.turns import due
from agents.turns.turn import Turn
from rules.state import Member
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, spend
from tests.tables.test_partition import NOON_MS

RULES = [program(100), spend(threshold=1_000)]
LATER_MS = NOON_MS + 36 * 86_400_000


def early(member_id: str, order_id: str = "never", **more: Any) -> dict[str, Any]:
    return refund(f"r-{order_id}", order_id, at(1), ("x", 1, 10), member_id=member_id, **more)


def taken(folding: Folding, *documents: dict[str, Any], now_ms: int = NOON_MS) -> Folding:
    for document in documents:
        folding.take(document, now_ms=now_ms, received_ms=NOON_MS)
    folding.turn()
    return folding


@pytest.fixture
def fired(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose timers fired; ann's throw."""
    seen: list[str] = []

    def throwing(turn: Turn, member_id: str, member: Member, due_ms: int) -> None:
        seen.append(member_id)
        if member_id == "ann":
            raise ZeroDivisionError("a bug")
        held.expire_held(turn, member_id, member, due_ms)

    (given_up, *_) = due._TIMERS
    for table in ("_TIMERS", "_HIS_OWN"):
        monkeypatch.setattr(due, table, (given_up._replace(fire=throwing),))
    return seen


def test_whose_timer_throws_is_swept_once_and_the_others_go_on(fired: list[str]) -> None:
    folding = taken(Folding(RULES), early("ann"), early("bob"))
    folding.sweep(LATER_MS)
    # Together, and then each by himself.
    assert set(fired) == {"ann", "bob"}
    first = list(fired)
    for later in range(1, 3):
        folding.sweep(LATER_MS + later)
    assert fired == first
    assert folding.reasons() == ["unknown_order"]
    member = folding.member("ann")
    assert member is not None and len(member.held) == 1


def test_what_was_forgotten_before_it_threw_is_known_still(monkeypatch: pytest.MonkeyPatch) -> None:
    def throwing(turn: Turn, member_id: str, member: Member, due_ms: int) -> None:
        held.expire_held(turn, member_id, member, due_ms)
        raise ZeroDivisionError("a bug")

    (given_up, *_) = due._TIMERS
    for table in ("_TIMERS", "_HIS_OWN"):
        monkeypatch.setattr(due, table, (given_up._replace(fire=throwing),))
    folding = taken(Folding(RULES), early("ann"))
    folding.sweep(LATER_MS)
    # The second of it is still one.
    taken(folding, early("ann"), now_ms=LATER_MS)
    member = folding.member("ann")
    assert member is not None and len(member.held) == 1 and folding.reasons() == []


def test_he_is_tried_again_when_a_document_of_his_comes(fired: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    folding = taken(Folding(RULES), early("ann"))
    folding.sweep(LATER_MS)
    taken(folding, order("o", at(1), ("x", 1, 100)), now_ms=LATER_MS)
    tried = len(fired)
    assert tried > 1 and folding.reasons() == []
    folding.sweep(LATER_MS + 1)
    assert len(fired) == tried
    # The document itself was taken; once the bug is mended, so is what was due.
    monkeypatch.undo()
    taken(folding, order("p", at(1), ("x", 1, 100)), now_ms=LATER_MS)
    assert folding.progress() == {("spend", "ann"): 200} and folding.reasons() == ["unknown_order"]


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was held and says so cannot be read any more."""
    real = held.decode_strictly

    def stricter(raw: bytes, *arguments: Any) -> Any:
        if b"no longer" in raw:
            raise ValueError("a stricter release")
        return real(raw, *arguments)

    monkeypatch.setattr(held, "decode_strictly", stricter)


@pytest.mark.usefixtures("unread")
def test_a_refund_that_cannot_be_read_any_more_is_a_dead_letter_when_it_is_due() -> None:
    broken = early("ann", note="no longer")
    folding = taken(Folding(RULES), broken, early("ann", "other"))
    folding.sweep(LATER_MS)
    assert folding.dead_letters()[0] == ("internal_error", json.dumps(broken).encode())
    assert folding.reasons() == ["internal_error", "unknown_order"] and folding.member("ann") is None
    # It may be sent again, mended.
    taken(folding, order("never", at(1), ("x", 1, 50)), early("ann"), now_ms=LATER_MS)
    assert folding.progress() == {("spend", "ann"): 40}


@pytest.mark.usefixtures("unread")
def test_it_does_not_take_the_order_with_it_that_it_waited_for() -> None:
    broken, well = early("ann", "o", note="no longer"), early("ann", "o") | {"refund_id": "well"}
    folding = taken(Folding(RULES), broken, well, order("o", at(1), ("x", 1, 50)))
    assert folding.progress() == {("spend", "ann"): 40} and folding.reasons() == ["internal_error"]
