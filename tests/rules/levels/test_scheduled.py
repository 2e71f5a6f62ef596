"""A program that is scheduled: for existing members at a set time, for new ones from when it was saved (spec 3.6)."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import MEMBERS, POS_ORDERS
from tests.folding import Folding
from tests.oracle.examples import order, program, upgrade

Document = dict[str, Any]
FIRST = program(100, 300)
LOWER = program(50, 300)


def at(day: int, hour: int = 12) -> str:
    return f"2024-01-{day:02}T{hour:02}:00:00+00:00"


def bought(number: int, member: str, day: int, amount: int) -> Document:
    return order(f"o{number}", at(day), ("x", 1, amount)) | {"member_id": member}


def change(name: str, day: int, **more: Any) -> Document:
    return {"type": "change", "change": name, "kind": "program", "code": "classic", "saved_at": at(day), "saved_by": "eva"} | more


def save(day: int, document: Document, existing: int | None = None) -> Document:
    more = {} if existing is None else {"existing_at": at(existing, 0)}
    return change("save", day, document=document, **more)


def play(*documents: Document) -> Folding:
    folding = Folding([FIRST, upgrade("classic/*")], DocumentsClock(), announce_registrations=True)
    for each in documents:
        folding.take(each, topic=MEMBERS if each["type"] == "member" else POS_ORDERS)
    folding.turn()
    folding.end()
    return folding


def changes(folding: Folding) -> list[tuple[str, str | None, str | None, str, str]]:
    told = folding.level_changes()
    rows = [(each["member_id"], each["before"], each["level"], each["why"], each["since"]) for each in told]
    return sorted((each for each in rows if each[1] != each[2]), key=itemgetter(0, 4))


ANN = bought(1, "ann", 1, 60)
SET = "2024-01-20T00:00:00+00:00"


def test_existing_members_stay_as_they_are_until_the_set_time_and_new_ones_are_under_the_new_rules() -> None:
    folding = play(ANN, save(5, LOWER, 20), bought(2, "bob", 6, 60), bought(3, "ann", 7, 10), bought(4, "ann", 22, 1))
    assert changes(folding) == [("ann", None, "one", "rule", SET), ("bob", None, "one", "order", at(6))]
    granted = [(each["member_id"], each["order_id"], each["occurred_at"]) for each in folding.grants()]
    assert granted == [("bob", "o2", at(6)), ("ann", None, SET)] and folding.reasons() == []


def test_who_is_registered_at_the_moment_of_saving_is_under_the_new_rules_at_once() -> None:
    assert changes(play(ANN, save(5, LOWER, 20), bought(2, "bob", 5, 60))) == [("bob", None, "one", "order", at(5))]


def test_who_was_registered_before_it_was_saved_is_an_existing_member_whenever_his_document_comes() -> None:
    known = {"type": "member", "member_id": "ann", "registered_at": at(4)}
    assert changes(play(save(5, LOWER, 20), known, bought(1, "ann", 6, 60))) == []
    assert changes(play(save(5, LOWER, 20), known | {"registered_at": at(5)}, bought(1, "ann", 6, 60))) == [
        ("ann", None, "one", "order", at(6))
    ]


def test_meanwhile_it_is_not_edited_and_that_is_said_with_until_when() -> None:
    folding = play(ANN, save(5, LOWER, 20), save(6, program(10, 300)), save(7, LOWER), bought(2, "ann", 8, 1))
    (letter,) = folding.values("dead-letters")
    assert letter["reason"] == "invalid" and SET in letter["detail"]
    assert changes(folding) == []
    assert changes(play(ANN, save(5, LOWER, 20), save(20, program(10, 300)))) == [("ann", None, "one", "rule", SET)]


def test_brought_forward_it_holds_for_everybody_and_is_edited_again() -> None:
    folding = play(ANN, save(5, LOWER, 20), change("bring_forward", 8), save(9, FIRST), bought(2, "ann", 25, 1))
    assert folding.reasons() == []
    assert changes(folding) == [
        ("ann", None, "one", "rule", "2024-01-08T12:00:10+00:00"),
        ("ann", "one", None, "rule", "2024-01-09T12:00:10+00:00"),
    ]


def test_cancelled_it_never_holds_for_existing_members_and_no_longer_for_new_ones() -> None:
    folding = play(
        ANN, save(5, LOWER, 20), bought(2, "bob", 6, 60), change("cancel", 8), bought(3, "cy", 9, 60), bought(4, "ann", 25, 1)
    )
    assert folding.reasons() == []
    assert changes(folding) == [("bob", None, "one", "order", at(6)), ("bob", "one", None, "rule", "2024-01-08T12:00:10+00:00")]


@pytest.mark.parametrize("name", ["bring_forward", "cancel"])
def test_what_is_not_scheduled_is_not_brought_forward_or_cancelled(name: str) -> None:
    assert play(ANN, change(name, 5)).reasons() == ["invalid"]
    assert play(ANN, save(5, LOWER, 20), change(name, 21)).reasons() == ["invalid"]
    assert play(ANN, save(5, LOWER, 20), change("cancel", 6), change(name, 7)).reasons() == ["invalid"]


def test_a_new_version_is_edited_by_who_cancels_first() -> None:
    folding = play(ANN, save(5, LOWER, 20), change("cancel", 6), save(7, program(20, 300)), bought(2, "ann", 25, 1))
    assert changes(folding) == [("ann", None, "one", "rule", "2024-01-07T12:00:10+00:00")]


def test_only_programs_are_scheduled() -> None:
    activity = upgrade("classic/*")
    given = {
        "type": "change",
        "change": "save",
        "kind": "activity",
        "code": activity["code"],
        "saved_at": at(5),
        "existing_at": at(9),
    }
    assert play(ANN, given | {"document": activity | {"name": "n"}}).reasons() == ["invalid"]


def test_a_term_that_ends_at_the_set_time_is_judged_by_the_new_rules_and_not_dropped() -> None:
    def by_order(first: int) -> Document:
        return program(first, 300) | {"standard": {"mode": "each"}, "validity": {"days": 10}}

    folding = Folding([by_order(100), upgrade("classic/*")], DocumentsClock(), announce_registrations=True)
    # What gained `two` on day 9 holds it through day 19; 150 was spent in that term.
    for each in (bought(1, "ann", 9, 400), bought(2, "ann", 12, 150), save(13, by_order(140), 20), bought(3, "bob", 21, 1)):
        folding.take(each, topic=POS_ORDERS)
    folding.turn()
    folding.end()
    assert [each for each in changes(folding) if each[0] == "ann"] == [
        ("ann", None, "two", "order", at(9)),
        ("ann", "two", "one", "ended", SET),
    ]
    (last,) = (each["until"] for each in folding.level_changes() if each["why"] == "ended")
    # A term of the full validity, and not what is left of one that the order would have.
    assert last == "2024-01-29"


def test_of_two_versions_that_are_saved_at_once_only_the_second_ever_holds() -> None:
    # Both are late: they are saved at the clock.
    folding = play(bought(1, "ann", 9, 60), save(5, LOWER), save(6, program(70, 300)), bought(2, "ann", 12, 1))
    assert changes(folding) == [] and folding.grants() == [] and folding.reasons() == []
