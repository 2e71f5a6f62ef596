"""When an activity's books close: by all its versions, once nothing can count in it any more."""

from __future__ import annotations

from typing import Any

from rules.definitions.saved import Saved
from rules.rulebook.rulebook import Rulebook
from rules.state import NEVER_MS
from tests.oracle.examples import program, spend, upgrade

START_MS = 1_704_067_200_000  # 1 January 2024
DAY_MS = 86_400_000
CLOSES_AFTER_MS = 10 * DAY_MS


def day_ms(day: int) -> int:
    """The midnight that begins a day of January 2024."""
    return START_MS + (day - 1) * DAY_MS


def until(day: int) -> dict[str, Any]:
    """An end at the last second of a day of January 2024."""
    return {"ends_at": f"2024-01-{day:02}T23:59:59+00:00"}


def rulebook(*documents: dict[str, Any]) -> Rulebook:
    """The documents as versions, of one code as they follow on each other, a day apart; the program has ref 0."""
    saved: list[Saved] = []
    for document in (program(50), *documents):
        number = sum(each.code == document["code"] for each in saved)
        saved.append(
            Saved(
                kind=document["kind"], code=document["code"], version=number + 1, saved_at_ms=day_ms(1 + number), document=document
            )
        )
    return Rulebook(enumerate(saved), closes_after_ms=CLOSES_AFTER_MS)


def test_books_close_a_while_after_the_last_second() -> None:
    closings = rulebook(spend(**until(5)), spend(code="open")).closings
    closing_ms = day_ms(6) + CLOSES_AFTER_MS
    assert (closings.closed(closing_ms - 1).count, closings.closed(closing_ms).count) == (0, 1)
    assert closings.closed(closing_ms).refs == {1}
    assert closings.is_closed(1, closing_ms) and not closings.is_closed(1, closing_ms - 1)
    # The other has no end.
    assert closings.over_ms(2) == NEVER_MS and not closings.is_closed(2, NEVER_MS // 2)


def test_a_version_that_prolongs_an_activity_keeps_its_books_open_and_all_its_versions_close_together() -> None:
    closings = rulebook(spend(**until(5)), spend(**until(20))).closings
    assert closings.over_ms(1) == day_ms(21)
    assert closings.closed(day_ms(21) + CLOSES_AFTER_MS - 1).count == 0
    assert closings.closed(day_ms(21) + CLOSES_AFTER_MS).refs == {1, 2}


def test_a_version_that_shortens_it_does_not_close_what_counted_before() -> None:
    # It ends on the 1st by the second version, which holds from ten seconds into the 2nd: until then the first one did.
    closings = rulebook(spend(**until(20)), spend(**until(1))).closings
    assert closings.over_ms(1) == day_ms(2) + 10_000


def test_an_activity_that_is_published_after_its_end_has_its_books_open_for_as_long_from_then_on() -> None:
    # Its second version is saved on the 2nd.
    closings = rulebook(
        spend(ends_at="2023-06-30T23:59:59+00:00"), spend(name="Other", ends_at="2023-06-30T23:59:59+00:00")
    ).closings
    assert closings.over_ms(1) == day_ms(2)
    assert not closings.is_closed(1, day_ms(2) + CLOSES_AFTER_MS - 1) and closings.is_closed(1, day_ms(2) + CLOSES_AFTER_MS)


def test_upgrades_are_among_them_and_told_apart() -> None:
    closings = rulebook(spend(**until(5)), upgrade("classic/one", **until(6))).closings
    assert closings.closed(day_ms(6) + CLOSES_AFTER_MS).upgrades == frozenset()
    both = closings.closed(day_ms(7) + CLOSES_AFTER_MS)
    assert (both.count, both.refs, both.upgrades) == (2, {1, 2}, {2})
    # Time that goes on changes nothing.
    assert closings.closed(day_ms(30) + CLOSES_AFTER_MS) is both
