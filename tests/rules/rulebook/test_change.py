"""What a change of one definition costs, and that nothing of the rulebook before stays."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from rules.rulebook.compiled.activity import CompiledActivity
from rules.rulebook.rulebook import Rulebook
from tests.rules.rulebook.saved import in_force, program, rulebook, spend, version

SAVED = [version(program()), *(version(spend(code=f"a{number}")) for number in range(20))]
CHANGED = [*SAVED, version(spend(code="a3", threshold=77), 2, 60_000)]


@pytest.fixture
def uncollected() -> Iterator[None]:
    """As in a worker: nobody collects what refers to itself."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def activities_in_memory() -> int:
    return sum(type(each) is CompiledActivity for each in gc.get_objects())


@pytest.mark.usefixtures("uncollected")
def test_nothing_of_an_old_rulebook_stays() -> None:
    others = activities_in_memory()
    before = rulebook(*SAVED)
    in_force(before, 0)
    after = rulebook(*CHANGED, before=before)
    assert in_force(after, 100_000)
    book = weakref.ref(before)
    del before
    assert book() is None
    assert activities_in_memory() - others == len(after.activities) == 21


def test_only_what_changed_is_compiled_again() -> None:
    before = rulebook(*SAVED)
    after = rulebook(*CHANGED, before=before)
    assert [code for code in range(20) if after.activities[code + 1] is not before.activities[code + 1]] == [3]
    assert after.activities[21].threshold == 77
    assert after.activities[4].until_ms == after.activities[21].from_ms


def test_what_is_remembered_stays_where_no_activity_and_no_organization_changed() -> None:
    before = rulebook(*SAVED)
    first = before.candidates(0, "s", "pos", None, "GBP", "classic")
    coupon = {"kind": "coupon", "code": "mug", "name": "Mug", "value": 1, "currency": "GBP"}
    after = rulebook(*SAVED, version(coupon), version(program(name="Renamed"), 2, 60_000), before=before)
    assert after.candidates(0, "s", "pos", None, "GBP", "classic") is first


def test_a_new_program_reaches_the_activities_for_every_program() -> None:
    before = rulebook(*SAVED)
    after = rulebook(*SAVED, version(program(code="gold", default=False)), before=before)
    assert in_force(before, 0, programs="gold") == [] and len(in_force(after, 0, programs="gold")) == 20


def test_step_by_step_is_as_all_at_once() -> None:
    book: Rulebook | None = None
    for number in range(len(CHANGED) + 1):
        book = rulebook(*CHANGED[:number], before=book)
    assert book is not None
    at_once = rulebook(*CHANGED)
    assert in_force(book, 100_000) == in_force(at_once, 100_000)
    assert {ref: each.until_ms for ref, each in book.activities.items()} == {
        ref: each.until_ms for ref, each in at_once.activities.items()
    }
