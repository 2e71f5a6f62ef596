"""Which program is the default one, and what hangs on it (spec 1.7, 2.1)."""

from __future__ import annotations

from tests.rules.rulebook.saved import LATER_VERSION_DELAY_MS, program, rulebook, spend, version

LATER_MS = 10**12


def test_the_versions_that_hold_say_which_it_is() -> None:
    """Not what an older one said, nor what one says that does not hold yet: so every worker registers into the same (spec 1.7, 2.5)."""
    book = rulebook(
        version(program(code="new", default=False)),
        version(program(code="old", default=True)),
        version(program(code="old", default=False), 2, 60_000),
        version(program(code="new", default=True), 2, 60_000),
    )
    changed_ms = 60_000 + LATER_VERSION_DELAY_MS
    assert [book.default_program(at_ms) for at_ms in (0, changed_ms - 1, changed_ms, LATER_MS)] == ["old", "old", "new", "new"]


def test_between_two_changes_the_first_published_of_several_is_it_and_of_none() -> None:
    book = rulebook(
        version(program(code="old", default=True)),
        version(program(code="new", default=False)),
        version(program(code="new", default=True), 2, 60_000),
        version(program(code="old", default=False), 2, 90_000),
        version(program(code="new", default=False), 3, 120_000),
    )
    delays = (LATER_VERSION_DELAY_MS + saved_ms for saved_ms in (60_000, 90_000, 120_000))
    assert [book.default_program(at_ms) for at_ms in delays] == ["old", "new", "old"]


def test_the_only_one_is_it_and_none_is_none() -> None:
    assert rulebook(version(program(code="only", default=False))).default_program(LATER_MS) == "only"
    assert rulebook().default_program(LATER_MS) is None


def test_an_activity_s_currency_is_of_the_one_that_was_it_when_it_was_published() -> None:
    old, new = program(code="old", currency="GBP"), program(code="new", currency="EUR", default=False)
    changes = (version(old | {"default": False}, 2, 60_000), version(new | {"default": True}, 2, 60_000))
    book = rulebook(version(old), version(new), version(spend()), *changes, version(spend(code="later"), 1, 120_000))
    assert book.default_program(LATER_MS) == "new"
    assert [book.activities[ref].currency for ref in (2, 5)] == ["GBP", "EUR"]


def test_published_with_its_programs_it_is_of_the_one_that_says_so() -> None:
    book = rulebook(
        version(spend()),
        version(program(code="first", currency="GBP", default=False)),
        version(program(code="new", currency="EUR")),
    )
    assert book.activities[0].currency == "EUR"
