"""An activity whose members' progress was dropped is not changed any more: its ordinals would be given a second time (spec 2.4, 2.5)."""

from __future__ import annotations

from typing import Any

import pytest

from rules.definitions.saved import Saved
from rules.rulebook.chains import LATER_VERSION_DELAY_MS
from rules.rulebook.rulebook import Rulebook
from tests.oracle.examples import program, spend, upgrade
from tidemark.definitions.proposals import is_closed

DAY_MS = 86_400_000
# The midnight that ends 10 January 2024.
OVER_MS = 1_704_931_200_000
KEEP_MS = 215 * DAY_MS
CLOSING_MS = OVER_MS + KEEP_MS
ENDING = {"ends_at": "2024-01-10T23:59:59+00:00"}


def saved(version: int, document: dict[str, Any], at_ms: int = 0) -> Saved:
    return Saved(kind=document["kind"], code=document["code"], version=version, saved_at_ms=at_ms, document=document)


def closed(present: dict[str, Any], now_ms: int, saved_ms: int = 0) -> bool:
    return is_closed(Rulebook([(0, saved(1, program(50))), (7, saved(1, present, saved_ms))]), 7, KEEP_MS, now_ms)


@pytest.mark.parametrize("made", [spend, lambda **more: upgrade("classic/one", **more)])
def test_an_activity_may_be_changed_until_its_books_are_about_to_close(made: Any) -> None:
    assert not closed(made(**ENDING), CLOSING_MS - 2 * DAY_MS)
    assert closed(made(**ENDING), CLOSING_MS) and closed(made(**ENDING), CLOSING_MS + 1000 * DAY_MS)
    assert not closed(made(), CLOSING_MS + 1000 * DAY_MS)


def test_an_activity_of_the_past_is_not_closed_before_its_orders_can_have_come() -> None:
    now_ms = CLOSING_MS + 1000 * DAY_MS
    assert not closed(spend(**ENDING), now_ms + KEEP_MS - 2 * DAY_MS, saved_ms=now_ms)
    assert closed(spend(**ENDING), now_ms + KEEP_MS, saved_ms=now_ms)


def test_what_is_new_is_never_closed() -> None:
    assert not is_closed(Rulebook([(0, saved(1, program(50)))]), 7, KEEP_MS, CLOSING_MS)


def test_whoever_is_allowed_to_change_it_does_so_before_any_worker_has_dropped_anything() -> None:
    now_ms = CLOSING_MS - DAY_MS - 1
    versions = [(0, saved(1, program(50))), (7, saved(1, spend(**ENDING)))]
    assert not is_closed(Rulebook(versions), 7, KEEP_MS, now_ms)
    holds_ms = now_ms + LATER_VERSION_DELAY_MS
    prolonged = [*versions, (9, saved(2, spend(), now_ms))]
    before, after = (Rulebook(each, closes_after_ms=KEEP_MS).closings for each in (versions, prolonged))
    # A worker that does not know it yet has dropped nothing when it holds, nor has one whose clock is far ahead.
    assert before.closed(holds_ms + DAY_MS // 2).count == after.closed(holds_ms + 9 * KEEP_MS).count == 0
