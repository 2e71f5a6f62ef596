"""A version that cannot be judged by is left out, and costs nobody else anything (spec 2.5)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.definitions.saved import Saved
from tests.rules.rulebook.saved import LATER_VERSION_DELAY_MS, Document, chain, in_force, program, rulebook, spend, version

AFTER_ALL = 60_000 * 10

WRONG: list[dict[str, Any]] = [
    {"limits": {"per_member": 0}},
    {"type": "bulk"},
    {"type": ["cumulative_spend"]},
    {"condition": {"items": "any", "mode": "once", "measure": "amount"}},
    {"condition": None},
    {"gifts": []},
    {"gifts": [{"kind": "points", "points": 2**70}]},
    {"code": 7},
    {"starts_at": "yesterday"},
    {"item_scope": {"include": []}},
    {"kind": "program"},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_alone_it_is_left_out_and_the_others_are_in_force(wrong: Document) -> None:
    broken = Saved(kind="activity", code="broken", version=1, saved_at_ms=0, document=spend(code="broken") | wrong)
    book = rulebook(version(program()), broken, version(spend()))
    assert [(each.ref, each.saved.code) for each in book.left_out] == [(1, "broken")] and book.left_out[0].fault
    assert in_force(book, 0) == [2]


@pytest.mark.parametrize("wrong", WRONG)
def test_as_a_later_version_it_lets_the_one_before_go_on(wrong: Document) -> None:
    broken = Saved(kind="activity", code="spend", version=2, saved_at_ms=60_000, document=spend() | wrong)
    book = rulebook(version(program()), version(spend()), broken, version(spend(name="Again"), 3, 120_000))
    assert [each.ref for each in book.left_out] == [2]
    assert in_force(book, 100_000) == [1]
    assert in_force(book, AFTER_ALL) == [3]


def test_after_a_first_one_that_is_left_out_the_next_holds_as_a_later_one_does() -> None:
    book = chain(spend(gifts=[]), spend())
    assert in_force(book, 60_000) == []
    assert in_force(book, 120_000 + LATER_VERSION_DELAY_MS) == [2]
    # By the number of the first record, whoever can read it.
    assert book.activities[2].first_ref == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"condition": {"items": "any", "mode": "once", "measure": "amount", "threshold": 100}}, "condition.mode"),
        ({"condition": {"items": "any", "mode": "every", "measure": "pieces", "threshold": 100}}, "condition.measure"),
        ({"currency": "EUR"}, "currency"),
        ({"draft": True}, "draft"),
    ],
)
def test_what_must_stay_stays(change: Document, field: str) -> None:
    book = chain(spend(), spend(**change))
    (left_out,) = book.left_out
    assert left_out.ref == 2 and left_out.fault.startswith(field) and "put it back" in left_out.fault
    assert in_force(book, AFTER_ALL) == [1]
    # An older release may have counted orders in it, whose refunds name it.
    assert 2 in book.activities


def test_the_type_stays() -> None:
    upgrade = {"kind": "activity", "type": "tier_upgrade", "code": "spend", "name": "Up", "levels": ["classic/*"]}
    book = chain(spend(), upgrade | {"gifts": [{"kind": "points", "points": 1}]})
    assert book.left_out[0].fault.startswith("type") and in_force(book, AFTER_ALL) == [1]


def test_a_draft_may_become_anything_and_is_not_in_force() -> None:
    pieces = {"items": "any", "mode": "every", "measure": "pieces", "threshold": 5}
    book = chain(spend(draft=True), spend(condition=pieces))
    assert not book.left_out and in_force(book, 60_000) == [] and in_force(book, AFTER_ALL) == [2]


def test_a_program_keeps_its_currency() -> None:
    book = rulebook(version(program()), version(spend()), version(program(currency="EUR"), 2, 60_000))
    now = book.program("classic", AFTER_ALL)
    assert now is not None and now.currency == "GBP" and book.activities[1].currency == "GBP"
    assert [each.fault.split()[0] for each in book.left_out] == ["currency"]
    assert book.program_changes.until(AFTER_ALL).ref == -1


def test_a_broker_s_clock_that_was_set_back_lets_no_version_overtake() -> None:
    book = rulebook(version(program()), version(spend()), version(spend(), 2, 100_000), version(spend(), 3, 50_000))
    assert in_force(book, 100_000) == [1] and in_force(book, 100_000 + LATER_VERSION_DELAY_MS) == [3]
