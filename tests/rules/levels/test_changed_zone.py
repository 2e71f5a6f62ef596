"""A program whose `timezone` is changed: what counted stays on the local day that it counted on, and terms end by the new clocks (spec 1.2,
3.4, 3.6).
"""

from __future__ import annotations

from typing import Any

import pytest

from rules.clock import DocumentsClock
from streams.topics import PAYMENTS, POS_ORDERS
from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund

Document = dict[str, Any]
PERIOD = {"mode": "total", "window": "period", "period": {"days": 2}}
EACH = {"mode": "each"}
HISTORY = {"mode": "total", "window": "history"}
# On 10 January in the west of it, on 11 January in the east.
LATE = "2024-01-10T23:30:00+00:00"
EAST, WEST = "Asia/Tokyo", "America/New_York"


def first(standard: Document, **more: Any) -> Document:
    return program(100, 200, standard=standard) | {"timezone": "UTC"} | more


def save(when: str, document: Document) -> Document:
    return {
        "type": "change",
        "change": "save",
        "kind": "program",
        "code": "classic",
        "document": document,
        "saved_at": when,
        "saved_by": "eva",
    }


def moved(when: str, document: Document, zone: str = EAST, **more: Any) -> Document:
    """Its zone is another from 10 s after that time on."""
    return save(when, document | {"timezone": zone} | more)


def changes(document: Document, *life: Document) -> list[tuple[str | None, str | None, str, str]]:
    """(before, level, why, since)."""
    folding = Folding([document], DocumentsClock())
    for each in life:
        folding.take(each, topic=PAYMENTS if each["type"] == "payment" else POS_ORDERS)
        folding.turn()
    folding.end()
    assert folding.reasons() == []
    told = folding.level_changes()
    return [(each["before"], each["level"], each["why"], each["since"][:19]) for each in told if each["before"] != each["level"]]


@pytest.mark.parametrize("zone", [EAST, WEST])
@pytest.mark.parametrize("standard", [EACH, PERIOD, HISTORY], ids=["each", "period", "history"])
def test_a_refund_acts_in_the_day_of_its_order_whatever_the_zone_is_by_then(standard: Document, zone: str) -> None:
    more = {} if standard is HISTORY else {"spending_downgrade": True}
    begun, early = first(standard, **more), "2024-01-10T00:30:00+00:00"
    life = [
        order("o", LATE if zone == EAST else early, ("x", 1, 150)),
        moved(at(12), begun, zone),
        refund("r", "o", at(14), ("x", 1, 100)),
    ]
    assert changes(begun, *life) == [
        (None, "one", "order", life[0]["placed_at"][:19]),
        ("one", None, "refund", "2024-01-14T12:00:00"),
    ]


def test_a_refund_lowers_the_window_of_its_day_and_no_other() -> None:
    begun = first(PERIOD)
    bought = [order("o", LATE, ("x", 1, 60)), moved(at(11, "03:00:00"), begun), refund("r", "o", at(11, "04:00:00"), ("x", 1, 30))]
    # It was 10 January; in the east it would have been the 11th, which this is in a window with.
    assert changes(begun, *bought, order("next", at(11), ("x", 1, 69))) == []
    assert changes(begun, *bought, order("next", at(11), ("x", 1, 70))) == [(None, "one", "order", "2024-01-11T12:00:00")]
    assert changes(begun, *bought, order("next", at(12), ("x", 1, 99))) == []


def test_by_history_too_what_counts_no_more_is_taken_from_the_day_that_it_counted_on() -> None:
    begun = first(HISTORY)
    life = [order("o", LATE, ("x", 1, 60)), moved(at(12), begun), refund("r", "o", at(13), ("x", 1, 30)), save(at(14), first(PERIOD)),
            order("late", at(10), ("x", 1, 70))]  # fmt: skip
    assert changes(begun, *life) == [(None, "one", "order", "2024-01-10T12:00:00")]


def test_the_term_keeps_its_last_day_and_ends_by_the_new_clocks() -> None:
    begun = first(EACH, validity={"days": 5})
    life = [order("o", at(10), ("x", 1, 150)), order("clock", at(20), ("x", 1, 0))]
    gained = (None, "one", "order", "2024-01-10T12:00:00")
    assert changes(begun, *life) == [gained, ("one", None, "ended", "2024-01-16T00:00:00")]
    for zone, ended in ((EAST, "2024-01-15T15:00:00"), (WEST, "2024-01-16T05:00:00")):
        assert changes(begun, life[0], moved(at(12), begun, zone), life[1]) == [gained, ("one", None, "ended", ended)]


def test_a_last_day_that_is_over_by_the_new_clocks_has_the_term_end_now_and_judged_as_ever() -> None:
    begun, gained = first(EACH, validity={"days": 5}), (None, "one", "order", "2024-01-10T12:00:00")
    life = [order("o", at(10), ("x", 1, 150)), moved(at(15, "18:00:00"), begun), order("clock", at(19), ("x", 1, 0))]
    assert changes(begun, *life) == [gained, ("one", None, "ended", "2024-01-15T18:00:10")]
    # An order in it renews it: until the 20th.
    again = order("again", at(13), ("x", 1, 120))
    assert changes(begun, life[0], again, *life[1:]) == [gained]
    assert changes(begun, life[0], again, *life[1:], order("later", at(25), ("x", 1, 0)))[1:] == [
        ("one", None, "ended", "2024-01-20T15:00:00")
    ]


@pytest.mark.parametrize(("saved", "ended"), [(at(12), "2024-01-15T15:00:00"), (at(15, "18:00:00"), "2024-01-15T18:00:10")])
@pytest.mark.parametrize("off", [False, True])
def test_so_does_one_that_is_paid_for(saved: str, ended: str, off: bool) -> None:
    plus = {"code": "plus", "name": "Plus", "type": "paid", "price": 990, "paid_validity": {"days": 5}}
    begun = first(HISTORY)
    begun["levels"] = [*begun["levels"], plus]
    paid = {
        "type": "payment",
        "payment_id": "p",
        "member_id": "ann",
        "level": "plus",
        "amount": 990,
        "currency": "GBP",
        "paid_at": at(10),
    }
    gone = moved(saved, begun, EAST, enabled=not off)
    told = changes(begun, paid, gone, order("clock", at(19), ("x", 1, 0)))
    assert told[1:] == ([] if off else [("plus", None, "ended", ended)])


def test_what_gained_a_level_still_holds_it() -> None:
    begun = first(EACH, spending_downgrade=True)
    bought = order("o", LATE, ("x", 1, 150))
    assert len(changes(begun, bought, moved(at(12), begun))) == 1
    # Also where refunds are looked at only by a rule after that.
    silent = first(EACH)
    assert len(changes(silent, bought, moved(at(12), silent), moved(at(13), begun), order("clock", at(19), ("x", 1, 0)))) == 1


def test_what_comes_after_is_of_the_days_of_the_new_zone() -> None:
    begun = first(PERIOD)
    life = [moved(at(2), begun), order("o", LATE, ("x", 1, 60)), order("next", at(12), ("x", 1, 40))]
    assert changes(begun, *life) == [(None, "one", "order", "2024-01-12T12:00:00")]
    assert changes(begun, *life[1:]) == []


def test_by_a_standard_that_is_changed_with_it_the_day_that_was_kept_gains_and_its_refund_loses() -> None:
    begun, early = first(PERIOD), order("o", "2024-01-10T00:30:00+00:00", ("x", 1, 90))
    then = program(80, 200, standard=EACH, spending_downgrade=True) | {"timezone": WEST}
    life = [early, save(at(12), then)]
    gained = (None, "one", "rule", "2024-01-12T12:00:10")
    assert changes(begun, *life, order("clock", at(19), ("x", 1, 0))) == [gained]
    other = order("other", "2024-01-09T20:00:00+00:00", ("x", 1, 5))
    assert changes(begun, other, *life, refund("q", "other", at(13), ("x", 1, 5)), order("clock", at(19), ("x", 1, 0))) == [gained]
    assert changes(begun, *life, refund("r", "o", at(14), ("x", 1, 50))) == [gained, ("one", None, "refund", "2024-01-14T12:00:00")]
