"""Members found by id and by phone (spec 1.7)."""

from __future__ import annotations

import pytest

from tests.agents.test_merged import merge, played
from tests.oracle.examples import program
from tidemark.members.finding import by_id, by_phone


def records() -> dict[str, bytes]:
    documents = [
        {"type": "member", "member_id": "ann", "name": "Ann", "phone": "+44 20 7946-0958"},
        {"type": "member", "member_id": "bob", "name": "Bob", "phone": "(44) 2079460958"},
        {"type": "member", "member_id": "carl", "phone": "2079460958"},
        {"type": "member", "member_id": "dora", "phone": "442079460958"},
        {"type": "member", "member_id": "emil", "phone": ""},
        merge("carl", "ann"),
        {"type": "member", "member_id": "dora", "deleted": True},
    ]
    return {member_id: data for table in played([program()], *documents).tables for member_id, data in table.members.items()}


@pytest.mark.parametrize("phone", ["442079460958", "44-2079460958", "+44 (20) 79460958"])
def test_all_who_have_a_phone_are_found_by_its_digits(phone: str) -> None:
    assert [each.member_id for each in by_phone(records(), phone)] == ["ann", "bob"]


@pytest.mark.parametrize("phone", ["", "-", "2079460958", "4420794609580"])
def test_no_other_digits_find_anybody(phone: str) -> None:
    assert by_phone(records(), phone) == []


def test_an_id_finds_whose_it_is() -> None:
    (ann,) = by_id(records(), "carl")
    assert (ann.member_id, ann.name, ann.ids, ann.levels) == ("ann", "Ann", ["carl"], {"classic": None})
    assert by_id(records(), "ann") == [ann]
    assert by_id(records(), "dora") == by_id(records(), "nobody") == []
