"""Stores and their organizations (spec 1.8)."""

from __future__ import annotations

from typing import Any

from rules.rulebook.organizations import TABLES_MAX, Organizations
from tests.rules.rulebook.saved import Document, in_force, program, rulebook, spend, version


def organization(code: str, *stores: str, **fields: Any) -> Document:
    return {"kind": "organization", "code": code, "name": code, "stores": list(stores)} | fields


OF_NORTH = spend(stores={"organizations": ["north"]})


def test_an_organization_has_the_stores_of_those_below_it() -> None:
    book = rulebook(
        version(program()),
        version(organization("coast", "c-1", parent="north")),
        version(organization("north", "n-1", parent="chain")),
        version(organization("chain", "hq")),
        version(OF_NORTH),
        version(spend(code="listed", stores={"stores": ["hq", "nobody-s"]})),
    )
    found = {store: in_force(book, 0, store_id=store) for store in ("c-1", "n-1", "hq", "nobody-s", "unknown")}
    assert found == {"c-1": [4], "n-1": [4], "hq": [5], "nobody-s": [5], "unknown": []}


def test_a_circle_ends() -> None:
    circle = [organization(code, code, parent=parent) for code, parent in (("north", "b"), ("b", "c"), ("c", "north"), ("d", "b"))]
    book = rulebook(version(program()), *(version(each) for each in circle), version(OF_NORTH))
    assert [in_force(book, 0, store_id=store) for store in ("north", "b", "c", "d", "e")] == [[5], [5], [5], [5], []]


def test_a_store_that_moves_does_so_when_the_later_version_holds() -> None:
    book = rulebook(
        version(program()),
        version(organization("north", "moves")),
        version(organization("north"), 2, 60_000),
        version(OF_NORTH),
    )
    assert in_force(book, 60_000, store_id="moves") == [3] and in_force(book, 70_000, store_id="moves") == []


def test_store_ids_that_nobody_has_share_what_is_remembered() -> None:
    book = rulebook(version(program()), version(organization("north", "n-1")), version(OF_NORTH), version(spend(code="all")))

    def candidates(store_id: str) -> object:
        return book.candidates(0, store_id, "pos", None, "GBP", "classic")

    first = candidates("made up")
    assert all(candidates(f"made up {number}") is first for number in range(1_000))
    assert candidates("n-1") is not first
    (segment,) = book._index._segments.values()
    assert len(segment.found) == 2 and set(segment.profiles) == {"n-1"}


def test_tables_of_the_past_are_forgotten() -> None:
    later = [version(organization("north", f"n-{number}"), number + 1, 60_000 * number) for number in range(200)]
    book = rulebook(version(program()), *later, version(OF_NORTH))
    for number in range(200):
        assert in_force(book, 60_000 * (number + 1), store_id=f"n-{number}") == [201]
    organizations = book._index._organizations
    assert isinstance(organizations, Organizations) and len(organizations._tables) <= TABLES_MAX
