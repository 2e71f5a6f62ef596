"""Levels and tier_upgrade by hand: spec 2.8, 3.1, 3.3 to 3.5, 3.7."""

from __future__ import annotations

from .examples import at, ids, order, play, program, refund, upgrade

LADDER = program(100, 200, 300)
EVERY_LEVEL = upgrade("classic/*")
AGAIN = upgrade("classic/*", regain=True)
ANN = ("classic", "ann")


def test_each_listed_level_passed_fires_lowest_first() -> None:
    outcome = play([LADDER, EVERY_LEVEL], order("a", at(1), ("x", 1, 250)))
    assert list(outcome.grants) == ["up/ann/classic/one", "up/ann/classic/two"]
    assert outcome.grants["up/ann/classic/two"]["level"] == "classic/two"
    assert outcome.grants["up/ann/classic/two"]["ordinal"] is None
    assert outcome.levels == {ANN: "two"}
    assert ids(play([LADDER, upgrade("classic/two")], order("a", at(1), ("x", 1, 350)))) == ["up/ann/classic/two"]


def test_gift_cards_and_vouchers_do_not_count_and_refunds_scale_what_counts() -> None:
    payments = [{"method": "gift_card", "amount": 100}, {"method": "card", "amount": 200}]
    bought = order("a", at(1), ("x", 3, 300), payments=payments)
    assert play([LADDER], bought).spending == {ANN: 200}
    outcome = play([LADDER], bought, refund("r", "a", at(2), ("x", 1, 100)))
    assert outcome.spending == {ANN: 133}  # 200 * 200 // 300
    assert outcome.levels == {ANN: "one"}


def test_a_level_gained_again_fires_only_with_regain() -> None:
    story = [
        order("a", at(1), ("x", 1, 150)),
        refund("r", "a", at(2), ("x", 1, 150)),
        order("b", at(3), ("x", 1, 100)),
    ]
    assert ids(play([LADDER, EVERY_LEVEL], *story)) == ["up/ann/classic/one"]
    assert play([LADDER, EVERY_LEVEL], *story).grants["up/ann/classic/one"]["order_id"] == "a"
    assert ids(play([LADDER, AGAIN], *story)) == ["up/ann/classic/one/1", "up/ann/classic/one/2"]


def test_a_disabled_level_is_skipped_and_a_disabled_program_shows_none() -> None:
    ladder = program(100, 200)
    ladder["levels"][1]["enabled"] = False
    bought = order("a", at(1), ("x", 1, 250))
    outcome = play([ladder, EVERY_LEVEL], bought)
    assert outcome.levels == {ANN: "one"} and ids(outcome) == ["up/ann/classic/one"]
    outcome = play([program(100, enabled=False), EVERY_LEVEL], bought)
    assert outcome.levels == {ANN: None} and ids(outcome) == [] and outcome.spending == {ANN: 250}


def test_imported_orders_count_only_where_the_program_includes_them_and_never_before_active_from() -> None:
    imported = order("a", at(1), ("x", 1, 150), imported=True)
    assert play([LADDER], imported).levels == {ANN: None}
    including = program(100, standard={"mode": "total", "window": "history", "include_imported": True})
    assert play([including], imported).levels == {ANN: "one"}
    assert play([including | {"active_from": at(2)}], imported).levels == {ANN: None}


def test_an_upgrade_outside_the_dates_of_the_activity_gives_nothing() -> None:
    bought = order("a", at(5), ("x", 1, 150))
    assert ids(play([LADDER, EVERY_LEVEL | {"ends_at": at(4)}], bought)) == []
    assert ids(play([LADDER, EVERY_LEVEL | {"programs": ["other"]}], bought)) == []


def test_a_level_that_takes_nothing_is_held_from_registering_on_and_not_gained() -> None:
    ladder = program(0, 100)
    outcome = play([ladder, AGAIN], order("a", at(1), ("x", 1, 150)), refund("r", "a", at(2), ("x", 1, 150)))
    assert list(outcome.grants) == ["up/ann/classic/two/1"]
    assert outcome.levels == {ANN: "one"}
    assert play([ladder, AGAIN], {"type": "member", "member_id": "ann"}).levels == {ANN: "one"}
