"""The clock of a replay is exact to the microsecond: what is late is released, members merged and versions hold just then (spec 1.1, 6)."""

from __future__ import annotations

from typing import Any

from rules.clock import DocumentsClock
from streams.topics import MEMBERS, POS_ORDERS
from tests.folding import Folding
from tests.oracle.examples import order, program, spend, upgrade

Document = dict[str, Any]


def at(us: int, second: int = 0) -> str:
    """On one day, so many microseconds after a second of noon."""
    return f"2024-01-10T12:00:{second:02}.{us:06}+00:00"


def bought(number: str, when: str, amount: int = 100, member_id: str = "ann") -> Document:
    return order(number, when, ("x", 1, amount), member_id=member_id)


def change(what: str, when: str, document: Document | None = None, code: str = "spend", **more: Any) -> Document:
    kind = "activity" if document is None else document["kind"]
    found = {"type": "change", "change": what, "kind": kind, "code": code, "saved_at": when, "saved_by": "eva"} | more
    return found if document is None else found | {"document": document}


def played(definitions: list[Document], *documents: Document) -> Folding:
    folding = Folding(definitions, DocumentsClock(), announce_registrations=True)
    for each in documents:
        folding.take(each, topic=MEMBERS if each["type"] == "member" else POS_ORDERS)
        folding.turn()
    folding.end()
    assert folding.reasons() == []
    return folding


def test_what_is_late_is_released_at_the_microsecond_that_the_clock_has() -> None:
    activity = spend()
    for clock_us in (1_000, 1_001, 1_999):
        (grant,) = played([program(10_000), activity], bought("z", at(clock_us), 1, "zed"), bought("o", at(500))).grants()
        assert (grant["occurred_at"], grant["released_at"]) == (at(500), at(clock_us))


def test_so_are_the_gifts_of_an_upgrade_and_what_a_keeper_decides() -> None:
    clock = bought("z", at(1_001), 1, "zed")
    limited = spend(limits={"total": 5})
    for definitions in ([program(100), upgrade("classic/one")], [program(10_000), limited]):
        (grant,) = played(definitions, clock, bought("o", at(500))).grants()
        assert grant["released_at"] == at(1_001)


def test_what_two_owe_who_become_one_is_granted_at_that_microsecond() -> None:
    merged = {"type": "member", "member_id": "bob", "merged_into": "ann"}
    life = [bought("a", at(0), 60), bought("b", at(300), 60, "bob"), bought("z", at(1_001), 1, "zed"), merged]
    folding = played([program(0, 110), spend()], *life)
    (grant,) = folding.grants()
    assert (grant["member_id"], grant["order_id"], grant["occurred_at"], grant["released_at"]) == (
        "ann",
        None,
        at(1_001),
        at(1_001),
    )
    told = [(each["member_id"], each["level"], each["why"], each["since"]) for each in folding.level_changes()]
    assert told[-2:] == [("bob", None, "left", at(1_001)), ("ann", "two", "merged", at(1_001))]


def test_of_orders_within_a_millisecond_those_count_that_are_not_placed_in_a_pause_that_begins_and_ends_in_it() -> None:
    life = [change("pause", at(300)), change("resume", at(600)), bought("clock", at(0, 30), 1, "zed")]
    for us in (299, 300, 301, 599, 600, 601):
        folding = played([program(10_000), spend()], *life, bought("o", at(us, 10)))
        assert bool(folding.grants()) == (not 300 <= us < 600)


def test_a_later_version_judges_from_its_microsecond_on() -> None:
    life = [change("save", at(300), spend(threshold=50)), bought("clock", at(0, 30), 1, "zed")]
    for us in (299, 300, 301):
        (*_, grant) = played([program(10_000), spend()], *life, bought("o", at(us, 10), 120)).grants()
        assert grant["version"] == (2 if us >= 300 else 1)


def test_levels_by_a_changed_rule_are_held_since_its_microsecond() -> None:
    lower = program(50)
    life = [bought("o", at(0), 60), change("save", at(301), lower, "classic"), bought("clock", at(0, 30), 1, "zed")]
    folding = played([program(100), upgrade("classic/one")], *life)
    (told,) = [each for each in folding.level_changes() if each["why"] == "rule"]
    assert (told["level"], told["since"]) == ("one", at(301, 10))
    (grant,) = folding.grants()
    assert (grant["occurred_at"], grant["released_at"]) == (at(301, 10), at(301, 10))


def test_who_is_registered_in_the_microsecond_in_which_a_scheduled_program_was_saved_is_under_it_at_once() -> None:
    later = change("save", at(301), program(50), "classic", existing_at=at(0, 50))
    clock = bought("clock", at(0, 30), 1, "zed")
    for us in (300, 301, 302):
        folding = played([program(100)], bought("first", at(0), 1, "zed"), later, bought("o", at(us), 60), clock)
        found = [row["level"] for row in folding.held_levels() if row["member_id"] == "ann"]
        told = [each["why"] for each in folding.level_changes() if each["member_id"] == "ann" and each["level"] == "one"]
        assert (found, told) == (["one"], ["order" if us >= 301 else "rule"])
