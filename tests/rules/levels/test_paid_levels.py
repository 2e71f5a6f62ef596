"""Levels that are paid for, where the contract's examples are silent: one that is disabled, and a first payment that comes too late to hold
anything (spec 3.4, 3.5, 3.8).
"""

from __future__ import annotations

from typing import Any

from rules.clock import DocumentsClock
from streams.topics import PAYMENTS, POS_ORDERS
from tests.folding import Folding
from tests.oracle.examples import at, order, upgrade

Document = dict[str, Any]
PAID = {"type": "paid", "price": 990, "paid_validity": {"days": 3}}
POINTS = {"kind": "upgrade_points", "code": "b", "name": "B", "points": 5}
SILVER = {"code": "silver", "name": "Silver", "threshold": 100}
PLUS = {"code": "plus", "name": "Plus", "benefits": [POINTS], **PAID}
GOLD = {"code": "gold", "name": "Gold", "threshold": 500, "price": 2_000, "paid_validity": {"years": 1}, "type": "dual"}
TOP = {"code": "top", "name": "Top", **PAID, "paid_validity": {"years": 1}}


def program(*levels: Document, disabled: str | None = None) -> Document:
    ladder = [level | ({"enabled": False} if level["code"] == disabled else {}) for level in levels]
    return {"kind": "program", "code": "c", "name": "C", "timezone": "UTC", "currency": "GBP", "default": True, "levels": ladder}


def pay(day: int, level: Document) -> Document:
    return {"type": "payment", "payment_id": f"p{day}-{level['code']}", "member_id": "ann", "level": level["code"],
            "amount": level["price"], "currency": "GBP", "paid_at": at(day)}  # fmt: skip


def save(day: int, document: Document) -> Document:
    return {"type": "change", "change": "save", "kind": "program", "code": "c", "saved_at": at(day), "saved_by": "eva",
            "document": document}  # fmt: skip


def play(first: Document, *documents: Document) -> Folding:
    folding = Folding([first, upgrade("c/*", regain=True)], DocumentsClock())
    for document in documents:
        folding.take(document, topic=PAYMENTS if document["type"] == "payment" else POS_ORDERS)
        folding.turn()
    folding.end()
    assert folding.reasons() == []
    return folding


def levels(folding: Folding) -> list[str | None]:
    """Those held one after the other."""
    return [each["level"] for each in folding.level_changes() if each["level"] != each["before"]]


def test_one_that_is_disabled_becomes_the_next_enabled_one_below_that_is_paid_for() -> None:
    """On a level that cannot be paid for nobody is by a payment, as nobody is on a paid one by spending (spec 3.4)."""
    ladder = (GOLD | {"threshold": 900}, SILVER | {"threshold": 600}, TOP)
    disabled = program(*ladder, disabled="top")
    folding = play(program(*ladder), pay(1, TOP), save(2, disabled), order("a", at(5), ("x", 1, 1)))
    assert levels(folding) == ["top", "gold"]
    # Below it there is none that is paid for: he has what he spent for, and his own again when it is enabled.
    ladder = (SILVER, TOP)
    disabled = program(*ladder, disabled="top")
    life = (order("a", at(1), ("x", 1, 100)), pay(1, TOP), save(2, disabled), save(4, program(*ladder)))
    assert levels(play(program(*ladder), *life, order("b", at(5), ("x", 1, 1)))) == ["silver", "top", "silver", "top"]


def test_one_spent_for_that_is_disabled_becomes_the_next_one_below_that_is_spent_for() -> None:
    ladder = (SILVER, TOP, GOLD)
    life = (order("a", at(1), ("x", 1, 600)), save(2, program(*ladder, disabled="gold")), order("b", at(5), ("x", 1, 1)))
    assert levels(play(program(*ladder), *life)) == ["gold", "silver"]


def granted(folding: Folding) -> list[tuple[str, str]]:
    return [(each["grant_id"], each["occurred_at"][5:10]) for each in folding.grants()]


def test_a_first_payment_gains_a_paid_level_however_late_it_comes() -> None:
    """Its points are given at the first payment, and nothing is held by it (spec 3.8)."""
    others = {"member_id": "bob"}
    folding = play(program(PLUS, SILVER), order("a", at(20), ("x", 1, 1), **others), pay(2, PLUS))
    assert levels(folding) == []
    assert granted(folding) == [("up/ann/c/plus/1", "01-02"), ("c/plus/b/ann", "01-02")]
    # The next one is held, and is the second gain: points are given once, ever.
    folding = play(program(PLUS, SILVER), order("a", at(20), ("x", 1, 1), **others), pay(2, PLUS), pay(20, PLUS))
    assert levels(folding)[:1] == ["plus"]
    assert granted(folding)[2:] == [("up/ann/c/plus/2", "01-20")]


def test_a_first_payment_in_time_gains_it_once() -> None:
    assert granted(play(program(PLUS, SILVER), pay(2, PLUS))) == [("up/ann/c/plus/1", "01-02"), ("c/plus/b/ann", "01-02")]
    higher = (order("a", at(1), ("x", 1, 100)), pay(2, PLUS))
    assert granted(play(program(PLUS, SILVER), *higher))[1:] == [("up/ann/c/plus/1", "01-02"), ("c/plus/b/ann", "01-02")]


def test_who_comes_back_to_the_program_by_paying_for_a_lower_level_holds_the_higher_one_by_its_payment() -> None:
    leaves = {"type": "member", "member_id": "ann", "programs": [], "received_at": at(2)}
    folding = play(program(SILVER, PLUS, TOP), pay(1, TOP), leaves, pay(3, PLUS))
    assert levels(folding) == ["top", None, "top"]
    back = folding.held_levels()
    assert [(each["level"], each["since"], each["until"], each["by"]) for each in back] == [("top", at(3), "2025-01-01", "payment")]
