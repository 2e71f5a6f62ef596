"""What a turn has kept is rolled back to where it was marked: a document of a replay that does not count had things fall due (spec 1.5)."""

from __future__ import annotations

from rules.figures.figuring import MINUTE_MS, Figuring
from rules.times import EPOCH
from tests.rules.rulebook.saved import rulebook

RULES = rulebook()
LEEDS, YORK = ("leeds", "pos", "GBP"), ("york", "pos", "GBP")


def give_back(figuring: Figuring, place: tuple[str, str, str], amount: int) -> None:
    figuring.given_back(*place, MINUTE_MS, amount)
    figuring.keep((), lambda _: None, RULES, MINUTE_MS)


def refunded(figuring: Figuring) -> dict[str, tuple[int, int]]:
    additions = figuring.additions(0, 1, -1, MINUTE_MS, RULES)
    return {} if additions is None else {cell.store_id: (cell.refunds, cell.refunded) for cell in additions.cells}


def test_what_was_kept_before_a_mark_and_after_it_is_added_up() -> None:
    figuring = Figuring()
    give_back(figuring, LEEDS, 10)
    figuring.mark()
    give_back(figuring, LEEDS, 5)
    give_back(figuring, YORK, 7)
    figuring.mark()
    give_back(figuring, YORK, 1)
    assert refunded(figuring) == {"leeds": (2, 15), "york": (2, 8)}


def test_what_was_kept_after_a_mark_is_as_if_it_had_not_been() -> None:
    figuring = Figuring()
    give_back(figuring, LEEDS, 10)
    mark = figuring.mark()
    give_back(figuring, LEEDS, 5)
    give_back(figuring, YORK, 7)
    figuring.roll_back(mark)
    give_back(figuring, YORK, 1)
    assert refunded(figuring) == {"leeds": (1, 10), "york": (1, 1)}


def test_any_mark_may_be_rolled_back_to() -> None:
    figuring = Figuring()
    give_back(figuring, LEEDS, 10)
    mark = figuring.mark()
    give_back(figuring, LEEDS, 5)
    figuring.mark()
    give_back(figuring, YORK, 7)
    figuring.roll_back(mark)
    assert refunded(figuring) == {"leeds": (1, 10)}


def test_what_is_in_hand_is_forgotten_and_what_was_kept_is_not() -> None:
    figuring = Figuring()
    give_back(figuring, LEEDS, 10)
    figuring.given_back(*YORK, MINUTE_MS, 7)
    figuring.registered(EPOCH)
    figuring.forget()
    give_back(figuring, LEEDS, 1)
    assert refunded(figuring) == {"leeds": (2, 11)}
