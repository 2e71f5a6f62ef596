"""Which program is the default one, and what hangs on it (spec 1.7, 2.1)."""

from __future__ import annotations

from tests.rules.rulebook.saved import program, rulebook, spend, version


def test_the_newest_versions_say_which_it_is() -> None:
    book = rulebook(
        version(program(code="new", default=False)),
        version(program(code="old", default=True)),
        version(program(code="old", default=False), 2, 60_000),
        version(program(code="new", default=True), 2, 60_000),
    )
    assert book.default_program == "new"


def test_the_only_one_is_it_and_none_is_none() -> None:
    assert rulebook(version(program(code="only", default=False))).default_program == "only"
    assert rulebook().default_program is None


def test_an_activity_s_currency_is_of_the_one_that_was_it_when_it_was_published() -> None:
    old, new = program(code="old", currency="GBP"), program(code="new", currency="EUR", default=False)
    changes = (version(old | {"default": False}, 2, 60_000), version(new | {"default": True}, 2, 60_000))
    book = rulebook(version(old), version(new), version(spend()), *changes, version(spend(code="later"), 1, 120_000))
    assert book.default_program == "new"
    assert [book.activities[ref].currency for ref in (2, 5)] == ["GBP", "EUR"]


def test_published_with_its_programs_it_is_of_the_one_that_says_so() -> None:
    book = rulebook(
        version(spend()),
        version(program(code="first", currency="GBP", default=False)),
        version(program(code="new", currency="EUR")),
    )
    assert book.activities[0].currency == "EUR"
