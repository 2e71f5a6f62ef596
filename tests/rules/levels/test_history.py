"""Levels by total spending, and the upgrades that activities grant for (spec 2.8, 3.3 to 3.5)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.folding import Folding
from tests.oracle.examples import at, order, program, refund, upgrade

NOON_MS = 1_704_110_400_000  # 1 January 2024, as `at(1)`


def play(rules: list[dict[str, Any]], *documents: dict[str, Any], **settings: Any) -> Folding:
    folding = Folding(rules, **settings)
    for document in documents:
        folding.take(document, now_ms=NOON_MS)
    folding.turn()
    assert folding.reasons() == []
    return folding


def changes(folding: Folding) -> list[tuple[str | None, str | None, str]]:
    return [(change["before"], change["level"], change["why"]) for change in folding.level_changes()]


def ids(folding: Folding) -> list[str]:
    return [grant["grant_id"] for grant in folding.grants()]


BUY = order("a", at(1), ("x", 1, 250))
BACK = refund("r", "a", at(1), ("x", 1, 200))
AGAIN = order("b", at(1), ("x", 1, 300))


def test_reached_is_at_least_and_the_highest_is_held() -> None:
    rules = [program(100, 200, 300)]
    assert changes(play(rules, order("a", at(1), ("x", 1, 99)))) == []
    assert changes(play(rules, order("a", at(1), ("x", 1, 100)))) == [(None, "one", "order")]
    assert changes(play(rules, BUY, BACK, AGAIN)) == [(None, "two", "order"), ("two", None, "refund"), (None, "three", "order")]


def test_a_change_says_when_and_by_what() -> None:
    (change,) = play([program(100)], BUY).level_changes()
    assert change == {
        "program": "classic",
        "member_id": "ann",
        "before": None,
        "level": "one",
        "why": "order",
        "document_id": "a",
        "since": at(1),
        "until": None,
        "by": "spending",
    }


def test_a_disabled_level_is_not_held_nor_gained() -> None:
    rules = [program(100, 200), upgrade("classic/*")]
    rules[0]["levels"][1]["enabled"] = False
    folding = play(rules, BUY)
    assert changes(folding) == [(None, "one", "order")] and ids(folding) == ["up/ann/classic/one"]


def test_thresholds_that_do_not_ascend_hold_the_highest_that_is_reached() -> None:
    assert changes(play([program(100, 300, 200)], BUY)) == [(None, "three", "order")]


def test_each_listed_level_passed_grants_lowest_first() -> None:
    rules = [program(100, 200, 250), upgrade("classic/one", "classic/three")]
    folding = play(rules, BUY)
    assert ids(folding) == ["up/ann/classic/one", "up/ann/classic/three"]
    assert [(grant["ordinal"], grant["level"], grant["order_id"]) for grant in folding.grants()] == [
        (None, "classic/one", "a"),
        (None, "classic/three", "a"),
    ]


@pytest.mark.parametrize(
    ("regain", "granted"), [(False, ["up/ann/classic/one"]), (True, ["up/ann/classic/one/1", "up/ann/classic/one/2"])]
)
def test_again_after_a_downgrade_only_with_regain(regain: bool, granted: list[str]) -> None:
    assert ids(play([program(100), upgrade("classic/*", regain=regain)], BUY, BACK, AGAIN)) == granted


def test_an_upgrade_outside_of_its_dates_is_not_made_up() -> None:
    rules = [program(100), upgrade("classic/*", starts_at=at(2))]
    folding = play(rules, BUY, order("b", at(2), ("x", 1, 300)))
    assert ids(folding) == []


COUNTING = program(100, 400, standard={"mode": "total", "window": "history", "include_imported": True})


def test_what_an_imported_order_gains_grants_nothing_and_counts_as_gained() -> None:
    folding = play([COUNTING, upgrade("classic/*")], BUY | {"imported": True})
    assert changes(folding) == [(None, "one", "order")] and ids(folding) == []
    # Gained for the first time before: again is not the first time. The next level is.
    for document in (BACK, AGAIN, order("c", at(1), ("x", 1, 400))):
        folding.take(document, now_ms=NOON_MS)
    folding.turn()
    assert changes(folding)[1:] == [("one", None, "refund"), (None, "one", "order"), ("one", "two", "order")]
    assert ids(folding) == ["up/ann/classic/two"]


def test_with_regain_an_imported_gain_is_one_of_the_gains_that_are_counted() -> None:
    rules = [COUNTING, upgrade("classic/*", regain=True)]
    assert ids(play(rules, BUY | {"imported": True}, BACK, AGAIN)) == ["up/ann/classic/one/2"]


def test_an_imported_gain_outside_of_an_activity_s_dates_is_not_its_first() -> None:
    rules = [COUNTING, upgrade("classic/*", starts_at=at(2, "00:00:00"))]
    later = order("b", at(2, "06:00:00"), ("x", 1, 300))
    assert ids(play(rules, BUY | {"imported": True}, BACK, later)) == ["up/ann/classic/one"]


def test_what_does_not_count_towards_levels() -> None:
    paid = [{"method": "gift_card", "amount": 120}, {"method": "card", "amount": 130}]
    assert play([program(200)], BUY | {"payments": paid}).spending() == {("classic", "ann"): 130}
    assert play([program(200)], BUY | {"total": 260, "fees": 10}).spending() == {("classic", "ann"): 250}
    assert play([program(200)], BUY | {"currency": "EUR"}).spending() == {("classic", "ann"): 0}
    assert play([program(200)], BUY | {"imported": True}).spending() == {("classic", "ann"): 0}
    assert play([program(200, active_from=at(2))], BUY).spending() == {("classic", "ann"): 0}
    counting = program(200, standard={"mode": "total", "window": "history", "include_imported": True})
    assert play([counting], BUY | {"imported": True}).spending() == {("classic", "ann"): 250}


def test_a_disabled_program_shows_no_level_and_keeps_counting() -> None:
    folding = play([program(100, enabled=False)], BUY)
    assert changes(folding) == [] and folding.spending() == {("classic", "ann"): 250}


def test_registrations_are_announced_where_asked_for() -> None:
    folding = play([program(100)], BUY, announce_registrations=True)
    assert changes(folding) == [(None, None, "registered"), (None, "one", "order")]


def test_a_member_who_leaves_and_comes_back_finds_his_level() -> None:
    rules = [program(100), program(100, code="gold", default=False)]
    only_gold = {"type": "member", "member_id": "ann", "programs": ["gold"]}
    both = {"type": "member", "member_id": "ann", "programs": ["classic", "gold"]}
    folding = play(rules, BUY, only_gold)
    assert changes(folding) == [(None, "one", "order"), ("one", None, "left")]
    assert folding.levels() == [{"program": "gold", "member_id": "ann", "level": None}]
    folding.take(both, now_ms=NOON_MS)
    folding.turn()
    assert changes(folding)[-1] == (None, "one", "registered")
    assert {"program": "classic", "member_id": "ann", "level": "one"} in folding.levels()


LOOSE = refund("r", None, at(1), ("x", 1, 10))


@pytest.mark.parametrize("first", [order("a", at(1), ("x", 1, 50)), LOOSE, {"type": "member", "member_id": "ann"}])
def test_a_level_that_takes_nothing_is_held_from_registering_on_and_not_gained(first: dict[str, Any]) -> None:
    folding = play([program(0, 100), upgrade("classic/*", regain=True)], first)
    assert changes(folding) == [(None, "one", "registered")] and ids(folding) == []
    for document in (BUY | {"order_id": "b"}, refund("s", "b", at(1), ("x", 1, 250))):
        folding.take(document, now_ms=NOON_MS)
    folding.turn()
    assert changes(folding)[1:] == [("one", "two", "order"), ("two", "one", "refund")]
    assert ids(folding) == ["up/ann/classic/two/1"]
